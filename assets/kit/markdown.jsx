// Loads the parser when a text is first shown. Until then, and without it, the text stands as it was written.
import { Suspense, lazy, useEffect, useState } from "react";

const Parsed = lazy(() => import("./markdown-parsed.jsx"));

export function Markdown({ text }) {
  const [here, arrive] = useState(false);
  useEffect(() => arrive(true), []);
  if (!text) return null;
  const plain = <div className="prose" style={{ whiteSpace: "pre-wrap" }}>{text}</div>;
  if (!here) return plain;
  return <Suspense fallback={plain}><Parsed text={text} /></Suspense>;
}
