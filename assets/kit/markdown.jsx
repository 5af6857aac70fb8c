// Loads the parser when a text is first shown. Until then, and without it, the text stands as it was written.
import { Suspense, lazy } from "react";

const Parsed = lazy(() => import("./markdown-parsed.jsx"));

export function Markdown({ text }) {
  if (!text) return null;
  const plain = <div className="prose" style={{ whiteSpace: "pre-wrap" }}>{text}</div>;
  if (typeof window === "undefined") return plain;
  return <Suspense fallback={plain}><Parsed text={text} /></Suspense>;
}
