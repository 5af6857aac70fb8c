// One decision: closed, a line with its cost and first options; open, everything that one has to know before the click.
import { Fragment, useEffect, useRef } from "react";
import { Icon } from "./icon.jsx";
import { initials, tint } from "./face.js";
import { msg, useLocale } from "./locale.js";
import { Markdown } from "./markdown.jsx";
import { When } from "./small.jsx";

const FACTS = {
  "task.status": msg("the task's state"),
  "task.title": msg("the task's title"),
  "task.assignee": msg("who has the task"),
  "agent.status": msg("the agent's state"),
  "agent.daily_budget_usd": msg("the agent's daily budget"),
  "agent.autonomy_level": msg("the agent's autonomy"),
  "project.status": msg("the project's state"),
  "project.budget_usd": msg("the project's budget"),
};
const LETTERS = { approve: "A", deny: "D" };

/** The key that chooses an option: its digit, or A and D where there is only yes and no. */
export const keyOf = (item, n) => (item.kind === "approve" ? LETTERS[item.options[n].id] : n < 9 ? String(n + 1) : "");
/** The asker's own words as they are, the product's in the reader's language. */
export const labelOf = (L, option) => (option.raw ? option.label : L.t(option.label, option.params));
/** What is chosen before anybody chooses: what is recommended, else the only thing to do. */
export const usual = (item) => (item.recommendation ? [item.recommendation] : item.kind === "approve" ? ["approve"] : []);

const Cost = ({ L, delay }) => (
  <div className="dcost num">
    <b>{delay.usd ? L.money(delay.usd) : "—"}</b>
    <span className="meta">{delay.usd ? L.t("per day of waiting") : L.t("too little data")}</span>
  </div>
);

const Asker = ({ L, item }) =>
  item.asker ? (
    <>
      <span className={`av ${item.person ? "hu" : tint(item.asker)}`} aria-hidden="true">{initials(item.asker)}</span>
      <span>{L.t("{name} asks", { name: item.asker })}, <When at={item.at} /></span>
    </>
  ) : (
    <span>{L.t("Asked")} <When at={item.at} /></span>
  );

const Dot = () => <span className="sep" aria-hidden="true">·</span>;

function Waits({ L, delay }) {
  const parts = [];
  if (delay.blocked) parts.push(L.plural("{n} task waits", "{n} tasks wait", delay.blocked));
  if (delay.idle.length) parts.push(L.plural("{n} agent is idle", "{n} agents are idle", delay.idle.length));
  return parts.map((text) => <Fragment key={text}><Dot /><span className="warn">{text}</span></Fragment>);
}

function Meta({ L, item, whole }) {
  return (
    <p className="meta row w dmeta">
      <Asker L={L} item={item} />
      {item.key ? <><Dot /><a className="mono" href={item.href}>{item.key}</a></> : null}
      {item.deadline ? <><Dot /><span className="warn b5">{L.t("Answer by {time}", { time: L.moment(item.deadline) })}</span></> : null}
      {whole ? null : <Waits L={L} delay={item.delay} />}
    </p>
  );
}

const Changed = ({ L, changes, stale }) =>
  changes.length ? (
    <div className="dnote" role="status">
      <Icon name="triangle-alert" size="s" tone="warn" />
      <span>
        {stale ? L.t("Changed just now; it is being asked again:") : L.t("Asked again, because this changed:")}{" "}
        {changes.map((one) => `${L.t(FACTS[one.what] ?? one.what)}: ${L.t(one.before)} → ${L.t(one.now)}`).join("; ")}
      </span>
    </div>
  ) : null;

function effectWords(L, item, option) {
  const words = [];
  if (option.cost) {
    const from = { agent: msg("about {amount}, as its tasks cost on average"), task: msg("about {amount}, as its runs cost on average"), asker: msg("{amount}, as the asker says") };
    words.push(L.t(from[option.cost_from], { amount: L.money(option.cost) }));
  }
  if (option.daily) words.push(L.t("{amount} more may be spent each day", { amount: L.money(option.daily) }));
  if (option.frees) words.push(L.plural("{n} task can go on", "{n} tasks can go on", option.frees));
  else if (item.delay.blocked) words.push(L.plural("{n} task goes on waiting", "{n} tasks go on waiting", item.delay.blocked));
  if (item.due_at) words.push(L.t("due {time}", { time: L.moment(item.due_at) }));
  if (item.sla_at) words.push(L.t("promised by {time}", { time: L.moment(item.sla_at) }));
  return words.join("; ") || L.t("None that the record tells.");
}

const WHY_NOT = {
  too_little_data: msg("too little data: fewer than about ten finished runs"),
  no_agents: msg("no active agent works in the project"),
  finished: msg("the task is not open any more"),
  decided: msg("it was decided just now"),
  too_large: msg("the project has too many open tasks to try it"),
};

/** So many days as the reader says them; less than an hour is no time. */
const daysWords = (L, days) => (Math.abs(days) < 1 / 24 ? "" : L.duration(Math.abs(days) * 86400));

/** What the chosen option does to the day by which the project is done. */
function datesWords(L, dates, option) {
  if (!dates) return L.t("Being worked out…");
  if (dates.why_not) return L.t("None can be told: {why}", { why: L.t(WHY_NOT[dates.why_not] ?? dates.why_not) });
  const one = dates.options.find((found) => found.option === option?.id);
  const of = { key: dates.project_key };
  if (!option) return L.t("{key} is done by {day} in 80 of 100 cases when the task goes on now", { ...of, day: L.day(dates.p80) });
  if (!one || one.does === "held") {
    const by = daysWords(L, dates.wait_days);
    return by ? L.t("{key} moves by {time} with every day that the task stays where it is", { ...of, time: by }) : L.t("{key} keeps its P80 of {day}: others hold it up more", { ...of, day: L.day(dates.p80) });
  }
  const done = L.t("{key} is done by {day} in 80 of 100 cases", { ...of, day: L.day(one.p80) });
  const by = daysWords(L, one.days);
  const moved = !by ? "" : one.days > 0 ? L.t("{time} later than when it goes on now", { time: by }) : L.t("{time} sooner than when it goes on", { time: by });
  const late = dates.deadline && one.p80 > dates.deadline ? L.t("after its date, {day}", { day: L.day(dates.deadline) }) : "";
  return [done, moved, late].filter(Boolean).join("; ");
}

function waitWords(L, item, dates) {
  const words = [];
  const fallback = item.options.find((option) => option.id === item.default);
  if (item.deadline) {
    const time = L.moment(item.deadline);
    words.push(fallback ? L.t("On {time} this happens by itself: {what}", { time, what: labelOf(L, fallback) }) : L.t("On {time} it lapses, and nothing happens", { time }));
  }
  if (item.delay.idle.length) words.push(L.t("{names} can't go on", { names: item.delay.idle.join(", ") }));
  if (item.delay.chain > 1) {
    const chain = L.plural("the longest chain behind it has {n} task", "the longest chain behind it has {n} tasks", item.delay.chain);
    words.push(item.delay.days === null ? chain : `${chain} (${L.duration(item.delay.days * 86400)})`);
  }
  const by = dates && !dates.why_not ? daysWords(L, dates.wait_days) : "";
  if (by) words.push(L.t("the P80 of {key} moves by {time} a day", { key: dates.project_key, time: by }));
  return words.join("; ") || L.t("Nothing that the record tells.");
}

/** The same in short, beside an option. */
function moveWords(L, dates, option) {
  const one = dates?.options?.find((found) => found.option === option.id);
  const by = one?.days ? daysWords(L, one.days) : "";
  return by ? L.t("P80 {change}", { change: `${one.days > 0 ? "+" : "−"}${by}` }) : "";
}

function Option({ L, item, option, n, picked, onPick, disabled, dates }) {
  const several = item.kind === "several";
  const said = [option.cost ? L.money(option.cost) : "", option.hours ? L.t("+{time}", { time: L.duration(option.hours * 3600) }) : "", moveWords(L, dates, option)].filter(Boolean);
  return (
    <li>
      <label className="dopt">
        <input type={several ? "checkbox" : "radio"} name={`option-${item.id}`} checked={picked.includes(option.id)} disabled={disabled} onChange={() => onPick(option.id)} />
        <span className="grow">
          <span className="b5">{labelOf(L, option)}</span>
          {option.id === item.recommendation ? <span className="acc dtag">{L.t("Recommended")}</span> : null}
          {option.detail ? <span className="meta dblock">{option.detail}</span> : null}
          {option.people.map((person) => <span key={person.name} className="meta dblock">{L.t("{name} recommends it", { name: person.name })}{person.note ? `: ${person.note}` : ""}</span>)}
        </span>
        {said.map((text) => <span key={text} className="num">{text}</span>)}
        {keyOf(item, n) ? <kbd className="no-m" aria-hidden="true">{keyOf(item, n)}</kbd> : null}
      </label>
    </li>
  );
}

function Frozen({ L, item, option }) {
  if (!option.action) return <dd>{L.t("Nothing is carried out; the answer is kept, and the asker hears of it.")}</dd>;
  const whose = option.runs_as === "asker" ? L.t("Runs once, as {name}, exactly as shown.", { name: item.asker }) : L.t("Runs once, as you, exactly as shown.");
  return (
    <dd>
      <div className="frozen" tabIndex={0} role="region" aria-label={L.t("Frozen action")}>{option.action}</div>
      <p className="meta dgap">{whose} {option.digest ? <>{L.t("Digest")} <span className="mono">{option.digest}</span>. </> : null}{L.t("If what it is about changes, it is asked again.")}</p>
    </dd>
  );
}

function Precedents({ L, item, onRule, decides }) {
  const past = item.precedents;
  if (!past.decided) return null;
  const answers = past.answers.map((one) => `${labelOf(L, one)} ${L.number(one.n)}×`).join(", ");
  return (
    <>
      <dt>{L.t("Like it before")}</dt>
      <dd>
        {L.plural("{n} decision", "{n} decisions", past.decided)}: {answers}
        {past.right + past.wrong ? `; ${L.t("{right} right, {wrong} wrong or mixed", { right: L.number(past.right), wrong: L.number(past.wrong) })}` : ""}
        {past.offers.length && decides ? (
          <p className="dgap"><button type="button" className="btn sm" onClick={() => onRule(item.id, past.offers)}><Icon name="repeat" size="s" />{L.t("Always answer {what}…", { what: past.offers_label ? labelOf(L, past.offers_label) : "" })}</button></p>
        ) : null}
      </dd>
    </>
  );
}

/** What the product itself says about its question: who nearly suits, what failed and what helps. */
const Says = ({ L, item }) => (
  <>
    {item.text ? <div className="dtext prose"><Markdown text={item.text} /></div> : null}
    {item.says.map((one, n) => <p key={n} className="dtext">{L.t(one.text, one.params)}</p>)}
  </>
);

function Body({ L, item, choice, set, pick, decides, onRule, dates }) {
  const option = item.options.find((one) => one.id === choice.picked[choice.picked.length - 1]);
  return (
    <>
      <Changed L={L} changes={item.stale.length ? item.stale : item.changes} stale={item.stale.length > 0} />
      {item.rule_note ? <div className="dnote"><Icon name="info" size="s" tone="info" /><span>{L.t("The standing rule left it to you:")} {L.t(item.rule_note)}</span></div> : null}
      <Says L={L} item={item} />
      {item.kind === "answer" ? (
        <div className="field dfield">
          <label htmlFor={`answer-${item.id}`}>{L.t("Your answer")}</label>
          <textarea id={`answer-${item.id}`} className="input" rows={3} value={choice.answer} onChange={(e) => set({ answer: e.target.value })} disabled={!decides} />
        </div>
      ) : (
        <fieldset className="dopts">
          <legend className="sr">{item.kind === "several" ? L.t("Choose one or more") : L.t("Choose one")}</legend>
          <ul>{item.options.map((one, n) => <Option key={one.id} L={L} item={item} option={one} n={n} picked={choice.picked} onPick={pick} dates={dates} />)}</ul>
        </fieldset>
      )}
      <dl className="dfacts">
        {option ? <><dt>{L.t("Exact action, frozen")}</dt><Frozen L={L} item={item} option={option} /></> : null}
        {option ? <><dt>{L.t("Effect")}</dt><dd>{effectWords(L, item, option)}</dd></> : null}
        {item.key ? <><dt>{L.t("Dates")}</dt><dd aria-live="polite">{datesWords(L, dates, option)}</dd></> : null}
        <dt>{L.t("If you wait")}</dt><dd>{waitWords(L, item, dates)}</dd>
        <Precedents L={L} item={item} onRule={onRule} decides={decides} />
      </dl>
    </>
  );
}

function Foot({ L, item, choice, set, send, pick, decides, recommends }) {
  const chosen = item.options.filter((one) => choice.picked.includes(one.id));
  const ready = item.kind === "answer" ? choice.answer.trim() : chosen.length;
  const words = !decides ? L.t("Recommend {what}", { what: chosen.map((one) => labelOf(L, one)).join(", ") })
    : item.kind === "answer" ? L.t("Send the answer") : chosen.length ? chosen.map((one) => labelOf(L, one)).join(", ") : L.t("Choose an option");
  if (!decides && (!recommends || item.kind === "answer" || item.kind === "several")) return <p className="dfoot meta">{L.t("An owner or admin decides.")}</p>;
  return (
    <div className="dfoot">
      <label className="sr" htmlFor={`why-${item.id}`}>{L.t("Reason, kept in the log")}</label>
      <input id={`why-${item.id}`} className="input dwhy" placeholder={L.t("Reason, kept in the log")} maxLength={2000} value={choice.why} onChange={(e) => set({ why: e.target.value })} />
      <div className="row w dacts">
        <button type="button" className="btn solid dgo" disabled={!ready} onClick={() => send()}>{words}<kbd>↵</kbd></button>
        {item.kind === "approve" && decides ? item.options.filter((one) => !choice.picked.includes(one.id)).map((one) => <button key={one.id} type="button" className="btn" onClick={() => pick(one.id)}>{labelOf(L, one)}<kbd>{LETTERS[one.id]}</kbd></button>) : null}
        <span className="end row meta no-m dkeys" aria-hidden="true">
          {item.kind === "answer" ? <><kbd>R</kbd> {L.t("write")}</> : item.kind === "approve" ? <><kbd>A</kbd><kbd>D</kbd> {L.t("choose")}</> : <><kbd>1</kbd>–<kbd>{Math.min(9, item.options.length)}</kbd> {L.t("choose")}</>}
          <kbd>J</kbd><kbd>K</kbd> {L.t("next, previous")}
        </span>
      </div>
    </div>
  );
}

/** Two options as buttons, or the first of more; what would carry out an agent's action opens first, so that it is read before. */
function Quick({ L, item, open, send, decides }) {
  if (!decides) return <button type="button" className="btn" onClick={() => open()}>{L.t("Open")}</button>;
  if (item.kind === "answer" || item.kind === "several") return <button type="button" className="btn" onClick={() => open()}>{item.kind === "answer" ? L.t("Answer…") : L.t("Choose…")}</button>;
  const first = [...item.options].sort((a, b) => (b.id === item.recommendation) - (a.id === item.recommendation)).slice(0, item.options.length > 2 ? 1 : 2);
  const asks = (option) => (item.asker && option.action) || item.stale.length;
  return (
    <>
      {first.map((option) => (
        <button key={option.id} type="button" className="btn" onClick={() => (asks(option) ? open([option.id]) : send([option.id]))}>
          <span className="trunc">{labelOf(L, option)}{asks(option) ? "…" : ""}</span>
        </button>
      ))}
      {item.options.length > 2 ? <button type="button" className="btn" onClick={() => open()}>{L.t("Other…")}</button> : null}
    </>
  );
}

export function Decision({ item, isOpen, choice, set, pick, send, open, refusal, decides, recommends, onRule, focus, dates }) {
  const L = useLocale();
  const ref = useRef(null);
  useEffect(() => {
    if (!focus || !isOpen) return;
    ref.current?.focus({ preventScroll: true });
    ref.current?.scrollIntoView({ block: "nearest" });
  }, [focus, isOpen]);
  const title = item.raw ? item.title : L.t(item.title, { ...item.params, why: L.t(item.params.why) });
  const no = refusal ? <div className="dnote" role="alert"><Icon name="octagon-alert" size="s" tone="bad" /><span>{L.t(refusal.text)} {L.t(refusal.hint)}</span></div> : null;
  if (!isOpen) {
    return (
      <li className="card drow" data-decision={item.id}>
        <Cost L={L} delay={item.delay} />
        <div className="grow">
          <h2 className="h-row"><button type="button" className="plain row" onClick={() => open()} aria-expanded="false"><Icon name={item.icon} />{title}</button></h2>
          <Meta L={L} item={item} />
          {no}
        </div>
        <div className="row dquick"><Quick L={L} item={item} open={open} send={send} decides={decides} /></div>
      </li>
    );
  }
  return (
    <li className="card on dcard" data-decision={item.id} data-opened="1">
      <article ref={ref} tabIndex={-1} aria-labelledby={`title-${item.id}`}>
        <header className="dhead">
          <div className="grow">
            <h2 className="h-sec row" id={`title-${item.id}`}><Icon name={item.icon} />{title}</h2>
            <Meta L={L} item={item} whole />
          </div>
          <Cost L={L} delay={item.delay} />
        </header>
        <Body L={L} item={item} choice={choice} set={set} pick={pick} decides={decides} onRule={onRule} dates={dates} />
        {no}
        <Foot L={L} item={item} choice={choice} set={set} send={send} pick={pick} decides={decides} recommends={recommends} />
      </article>
    </li>
  );
}
