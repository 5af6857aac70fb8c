import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";

const SAFE = /^(https?:|mailto:|\/(?!\/)|#)/i;
const safe = (url) => (SAFE.test(url ?? "") ? url : "");

const parts = {
  a: ({ href, children }) =>
    href ? <a href={href} rel="noopener noreferrer nofollow" target={href.startsWith("http") ? "_blank" : undefined}>{children}</a> : <span>{children}</span>,
  // A picture would tell its host who reads; it is shown as a link.
  img: ({ src, alt }) => (src ? <a href={src} rel="noopener noreferrer nofollow" target="_blank">{alt || src}</a> : <span>{alt}</span>),
  // The page has its one h1.
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h4>{children}</h4>,
  h3: ({ children }) => <h5>{children}</h5>,
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  input: ({ checked }) => <input type="checkbox" checked={!!checked} disabled aria-label={checked ? "✓" : "–"} />,
};

export default function Parsed({ text }) {
  return (
    <div className="prose">
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={parts} urlTransform={safe}>{text}</ReactMarkdown>
    </div>
  );
}
