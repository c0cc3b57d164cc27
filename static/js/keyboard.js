/** Single-key shortcuts outside of fields: / ? j k n p v ← → g-l, and Escape to leave a field or menu. */
export function keyboard(document) {
  let pending = "";

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave(document, event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
    const chord = pending + event.key;
    pending = event.key === "g" ? "g" : "";
    const action = actions[chord] ?? actions[event.key] ?? follow(event.key);
    if (action?.(document)) event.preventDefault();
  });

  document.querySelector("[data-show-keys]")?.addEventListener("click", () => showKeys(document));
  document.addEventListener("click", ({ target }) => {
    const menu = document.querySelector(".menu[open]");
    if (menu && !menu.contains(target)) menu.open = false;
  });
}

const actions = {
  "/": (document) => focus(document.querySelector("[data-key='/']")),
  "?": showKeys,
  j: (document) => step(document, 1),
  k: (document) => step(document, -1),
  gl: (document) => focus(document.querySelector(".wordmark"))?.click() ?? true,
};

/** Follows the page's link for that key, if there is one. */
function follow(key) {
  return (document) => {
    const link = document.querySelector(`a[data-follow="${CSS.escape(key)}"]`);
    link?.click();
    return link;
  };
}

function isField(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}

function leave(document, element) {
  const menu = document.querySelector(".menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (isField(element)) {
    element.blur();
  }
}

function focus(element) {
  element?.focus();
  element?.select?.();
  return element;
}

function showKeys(document) {
  document.querySelector("#keys").showModal();
  return true;
}

/** Moves the focus along the links of the page's list. */
function step(document, by) {
  const links = [...document.querySelectorAll("[data-list] > li")].map((item) => item.querySelector("a"));
  const here = links.findIndex((link) => link.parentElement.contains(document.activeElement));
  const next = links[Math.min(links.length - 1, Math.max(0, here + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return next;
}
