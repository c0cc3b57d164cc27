// Runs between htmx and Alpine in the admin panel.
// The page's policy allows no <style> of htmx's making, and nothing here needs its expressions.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;

// The appearance that this browser chose for Footnote is the panel's too, until it chooses another for the panel.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen && !localStorage.getItem("adminTheme")) localStorage.setItem("adminTheme", JSON.stringify(chosen));
} catch {
  // Storage is off; the system's appearance stands.
}
