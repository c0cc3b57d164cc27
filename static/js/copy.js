/** Buttons with data-copy="#field" copy that field's value. Browsers allow this only in secure contexts. */
export function copying(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(root.querySelector(button.dataset.copy).value);
      button.textContent = button.dataset.copied;
    });
  }
}
