// The browser's own dialog: focus trap, Esc and the inert page behind it come with it.
import { useEffect, useRef } from "react";
import { Icon } from "./icon.jsx";
import { useLocale } from "./locale.js";

/** Opens while `open` is true, or on a click on anything with data-open="<its id>". */
export function Dialog({ id, title, open, onClose, wide = false, children }) {
  const L = useLocale();
  const ref = useRef(null);
  useEffect(() => {
    const dialog = ref.current;
    if (open && !dialog.open) {
      dialog.showModal();
      // The first field, not the button that closes; what loads with the dialog comes a moment later.
      setTimeout(() => dialog.querySelector("form input:not([type=checkbox]),form textarea,.picklist button:not(:disabled)")?.focus(), 0);
    }
    if (open === false && dialog.open) dialog.close();
  }, [open]);
  const closed = () => onClose?.();
  return (
    <dialog
      ref={ref} id={id} className={wide ? "dialog wide" : "dialog"} aria-labelledby={`${id}-title`}
      onClose={closed} onMouseDown={(e) => e.target === ref.current && ref.current.close()}
    >
      <div className="dialog-in">
        <header className="dialog-head">
          <h2 id={`${id}-title`} className="h-sec">{title}</h2>
          <button type="button" className="btn ghost ic" aria-label={L.t("Close")} onClick={() => ref.current.close()}>
            <Icon name="x" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

if (typeof document !== "undefined") {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-open]");
    if (opener) document.getElementById(opener.dataset.open)?.showModal?.();
    event.target.closest?.(".menu-in button, .menu-in a")?.closest("details")?.removeAttribute("open");
    const closer = event.target.closest?.("[data-close]");
    if (closer) closer.closest("dialog")?.close();
  });
}
