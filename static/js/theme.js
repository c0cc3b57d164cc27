// Before the first paint: the appearance that this browser chose.
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage is off; the system's appearance stands.
}
