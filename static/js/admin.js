// Runs between htmx and Alpine in the admin panel.
// The CSP forbids the <style> that htmx would insert, and nothing here needs its expressions.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;

// The panel uses the appearance chosen for Footnote in this browser, until another is chosen for the panel.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen && !localStorage.getItem("adminTheme")) localStorage.setItem("adminTheme", JSON.stringify(chosen));
} catch {
  // Storage is disabled: use the system's appearance.
}
