// The same sprite that Python's icon() points to.
export function Icon({ name, size = "", tone = "" }) {
  return (
    <svg className={`i ${size} ${tone}`} aria-hidden="true">
      <use href={`/icons.svg#${name}`} />
    </svg>
  );
}
