/** Shows a message if the picture of a page does not load. */
export function pictures(document) {
  const missing = (image) => {
    if (!image.matches("[data-picture]")) return;
    image.closest("figure").hidden = true;
    document.querySelector("[data-no-picture]").hidden = false;
  };
  document.addEventListener("error", ({ target }) => target instanceof HTMLImageElement && missing(target), true);
  for (const image of document.images) {
    if (image.complete && image.naturalWidth === 0) missing(image);
  }
}
