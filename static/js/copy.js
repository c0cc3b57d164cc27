/** Buttons with data-copy="#field" put that field's value on the clipboard. Browsers allow it only on safe origins. */
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
