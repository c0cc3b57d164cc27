/** Lets the user choose light, dark or the system's appearance, and stores the choice in this browser. */
export function appearance(fieldset) {
  if (!fieldset) return;
  const root = document.documentElement;
  const chosen = root.dataset.theme ?? "auto";
  fieldset.querySelector(`[value="${chosen}"]`).checked = true;
  fieldset.addEventListener("change", ({ target }) => {
    if (target.value === "auto") {
      delete root.dataset.theme;
      localStorage.removeItem("theme");
    } else {
      root.dataset.theme = target.value;
      localStorage.setItem("theme", target.value);
    }
  });
}
