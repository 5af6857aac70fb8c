// The board's code comes when a board is shown; other pages do without dragging.
import { Suspense, lazy } from "react";

const Lanes = lazy(() => import("./lanes.jsx"));

export function Board(props) {
  return <Suspense fallback={<div className="board" aria-busy="true" />}><Lanes {...props} /></Suspense>;
}
