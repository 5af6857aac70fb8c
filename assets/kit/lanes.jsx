// Tasks by status. A card moves under the hand at once; the server has the last word, and when it refuses, the card
// goes back and says why. Lanes render as many cards as have been scrolled to, so thousands stay smooth.
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useNavigate } from "react-router";
import { DragDropContext, Draggable, Droppable } from "@hello-pangea/dnd";
import { Icon } from "./icon.jsx";
import { initials, tint } from "./face.js";
import { useLocale } from "./locale.js";
import { STATUS, look } from "./pill.jsx";
import { SlaLeft } from "./sla.jsx";

const STEP = 30;
const PATIENCE = 12_000;
const KEPT = "orkwork.board.lanes";

const Face = ({ name, person }) =>
  name ? <span className={`av ${person ? "hu" : tint(name)}`} title={name} role="img" aria-label={name}>{initials(name)}</span> : null;

const CardBody = memo(function CardBody({ card, refusal, L }) {
  const [priorityIcon, priorityTone, priorityWord] = look("priority", card.priority || "none");
  return (
    <>
      <div className="k">
        <span title={L.t(priorityWord)} role="img" aria-label={L.t(priorityWord)}><Icon name={priorityIcon} size="s" tone={priorityTone} /></span>
        <span className="mono">{card.key}</span>
        <span className="end"><Face name={card.assignee} person={card.person} /></span>
      </div>
      <a className="ti" href={card.href} draggable={false} data-main="1">{card.title}</a>
      {card.due || card.due_at || card.sla || card.depends || card.cost ? (
        <div className="f">
          {card.sla ? <SlaLeft sla={card.sla} /> : null}
          {(card.due || card.due_at) && (!card.sla || card.due_tone) ? <span className={card.due_tone || ""} title={L.t("Due")}><Icon name={card.sla ? "calendar" : "timer"} size="s" />{card.due || L.day(card.due_at)}</span> : null}
          {card.depends ? <span title={L.plural("depends on {n} task", "depends on {n} tasks", card.depends)}><Icon name="git-branch" size="s" />{L.number(card.depends)}</span> : null}
          {card.cost ? <span className="end num">{L.money(card.cost)}</span> : null}
        </div>
      ) : null}
      {card.progress > 0 && card.progress < 100 ? (
        <div className="meta t row">
          <span className="bar" role="img" aria-label={L.t("{n}% done", { n: card.progress })}><i style={{ width: `${card.progress}%` }} /></span>
          <span>{L.percent(card.progress / 100)}</span>
        </div>
      ) : null}
      {refusal ? (
        <div className="note" role="alert">
          <Icon name="octagon-alert" size="s" tone="bad" />
          <span>{L.t("Not moved.")} {L.t(refusal.text, refusal.params)} {L.t(refusal.hint, refusal.params)}</span>
        </div>
      ) : card.note ? (
        <div className="note"><Icon name={card.note_icon || "info"} size="s" tone={card.note_tone || ""} /><span>{L.t(card.note, card.note_params)}</span></div>
      ) : null}
    </>
  );
});

const Card = memo(function Card({ card, index, refusal, sent, fixed, L }) {
  return (
    <Draggable draggableId={card.id} index={index} isDragDisabled={fixed}>
      {(held, { isDragging, isDropAnimating }) => (
        <div
          ref={held.innerRef} {...held.draggableProps} {...held.dragHandleProps} role="group" aria-label={`${card.key} ${card.title}`}
          aria-roledescription={fixed ? undefined : L.t("draggable task")} data-row="1" data-card={card.id}
          className={`kc${isDragging && !isDropAnimating ? " drag" : ""}${refusal ? " ref" : ""}${sent ? " sent" : ""}`}
        >
          <CardBody card={card} refusal={refusal} L={L} />
        </div>
      )}
    </Draggable>
  );
});

function Grow({ onSeen, L, left }) {
  const ref = useRef(null);
  useEffect(() => {
    const watch = new IntersectionObserver((seen) => seen.some((x) => x.isIntersecting) && onSeen(), { rootMargin: "400px" });
    watch.observe(ref.current);
    return () => watch.disconnect();
  }, [onSeen]);
  return <button ref={ref} type="button" className="btn ghost sm lane-more" onClick={onSeen}>{L.plural("{n} more", "{n} more", left)}</button>;
}

const Lane = memo(function Lane({ status, cards, total, thin, drag, rule, beside, refusal, sent, fixed, onMore, onToggle, L }) {
  const [shown, setShown] = useState(STEP);
  const missing = total - cards.length;
  const asked = useRef(-1);
  const grow = useCallback(() => {
    setShown((n) => (n < cards.length ? n + STEP : n));
    if (missing > 0 && shown + STEP >= cards.length && asked.current !== cards.length) {
      asked.current = cards.length;
      onMore?.(status);
    }
  }, [missing, cards.length, shown, onMore, status]);
  const [name, tone, word] = look("status", status);
  const title = L.t(word);
  const from = drag?.from === status;
  const legal = drag && !from && rule?.ok;
  if (thin && legal) {
    // It stays thin, so that nothing shifts under the hand, and takes the card when the pointer itself is over it: a
    // card is wider than the lane and would fall into it from beside.
    return (
      <Droppable droppableId={status} isDropDisabled={beside}>
        {(place, { isDraggingOver }) => (
          <div ref={place.innerRef} {...place.droppableProps} className={`lane thin may${isDraggingOver ? " over" : ""}`} data-lane={status} aria-label={`${title}, ${total}`} role="group">
            <Icon name={name} tone={tone} />
            <span className="meta t">{L.number(total)}</span>
            <span className="v">{title}</span>
            <span hidden>{place.placeholder}</span>
          </div>
        )}
      </Droppable>
    );
  }
  if (thin) {
    return (
      <button type="button" className={`lane thin${drag && !from ? " no" : ""}`} data-lane={status} aria-expanded="false" aria-label={`${title}, ${total}`} onClick={() => onToggle(status)}>
        <Icon name={name} tone={tone} />
        <span className="meta t">{L.number(total)}</span>
        <span className="v">{title}</span>
      </button>
    );
  }
  const list = cards.slice(0, shown);
  return (
    <Droppable droppableId={status} isDropDisabled={!!drag && !from && !legal}>
      {(place, { isDraggingOver }) => (
        <section className={`lane${legal ? " may" : ""}${isDraggingOver && !from ? " over" : ""}${drag && !from && !legal ? " no" : ""}`} data-lane={status} aria-label={`${title}, ${total}`}>
          <div className="lane-head">
            <Icon name={name} tone={tone} />
            <h2>{title}</h2>
            <span className="count">{L.number(total)}</span>
            <button type="button" className="btn ghost sm ic end no-m" aria-label={L.t("Fold {name}", { name: title })} onClick={() => onToggle(status)}><Icon name="chevron-left" size="s" /></button>
          </div>
          {drag && !from ? (
            <p className={`rule${legal ? " acc" : ""}`}>
              <Icon name={legal ? "arrow-down" : "lock"} size="s" />
              <span>{rule?.text ? L.t(rule.text) : L.t("Not from {name}", { name: L.t(look("status", drag.from)[2]) })}</span>
            </p>
          ) : null}
          <div ref={place.innerRef} {...place.droppableProps} className="lane-list">
            {list.map((card, index) => (
              <Card key={card.id} card={card} index={index} L={L} refusal={refusal?.id === card.id ? refusal : undefined} sent={sent?.has(card.id)} fixed={fixed} />
            ))}
            {place.placeholder}
            {(cards.length > shown || (missing > 0 && onMore)) && !drag ? <Grow onSeen={grow} L={L} left={Math.max(total, cards.length) - Math.min(shown, cards.length)} /> : null}
          </div>
        </section>
      )}
    </Droppable>
  );
});

const NONE = [];
const laneAt = ({ clientX, clientY }) => document.elementsFromPoint(clientX, clientY).find((x) => x.dataset?.lane)?.dataset.lane ?? "";

function useFolded(collapsed, board) {
  const kept = `${KEPT}.${board}`;
  const [folds, set] = useState({});
  useLayoutEffect(() => {
    try {
      set(JSON.parse(localStorage.getItem(kept)) ?? {});
    } catch {
      set({});
    }
  }, [kept]);
  const toggle = useCallback((status, now) => set((old) => {
    const next = { ...old, [status]: now };
    localStorage.setItem(kept, JSON.stringify(next));
    return next;
  }), [kept]);
  return [(status, empty) => folds[status] ?? (empty || collapsed.includes(status)), toggle];
}

/** Which of the moves made here the server has not confirmed yet. */
function useMoves(cards, refused) {
  const [moves, set] = useState({});
  const drop = useCallback((id) => set(({ [id]: gone, ...rest }) => rest), []);
  useEffect(() => {
    const byId = new Map((cards ?? NONE).map((card) => [card.id, card]));
    set((old) => {
      const kept = Object.entries(old).filter(([id, move]) => byId.has(id) && byId.get(id).status !== move.to);
      return kept.length === Object.keys(old).length ? old : Object.fromEntries(kept);
    });
  }, [cards]);
  useEffect(() => {
    if (refused?.id) drop(refused.id);
  }, [refused?.n]);
  const add = useCallback((id, to, index) => {
    const at = Date.now();
    set((old) => ({ ...old, [id]: { to, index, at } }));
    setTimeout(() => set((old) => (old[id]?.at === at ? (({ [id]: gone, ...rest }) => rest)(old) : old)), PATIENCE);
  }, []);
  return [moves, add];
}

function arrange(lanes, cards, moves) {
  const out = Object.fromEntries(lanes.map((status) => [status, []]));
  for (const card of cards ?? NONE) if (!moves[card.id]) out[card.status]?.push(card);
  for (const card of cards ?? NONE) {
    const move = moves[card.id];
    if (move) out[move.to]?.splice(move.index, 0, card);
  }
  return out;
}

/** The cards as they were when the hand took one up: news waits until it lets go. */
function useStill(cards, held) {
  const kept = useRef(cards);
  if (!held) kept.current = cards;
  return kept.current;
}

/** How many there are in each lane, counting the moves that are under way. */
function tally(counts, cards, moves) {
  const out = { ...counts };
  for (const card of cards ?? NONE) {
    const to = moves[card.id]?.to;
    if (to && counts) {
      out[card.status] = (out[card.status] ?? 0) - 1;
      out[to] = (out[to] ?? 0) + 1;
    }
  }
  return out;
}

export default function Lanes({ lanes = Object.keys(STATUS), cards: news, counts, rules = {}, collapsed = NONE, name = "", refusal, label, fixed = false, onMove, onMore }) {
  const L = useLocale();
  const navigate = useNavigate();
  const [drag, setDrag] = useState(null);
  const [own, setOwn] = useState(null);
  const [under, setUnder] = useState(null);
  const cards = useStill(news, drag);
  const [moves, add] = useMoves(cards, refusal);
  const totals = useMemo(() => tally(counts, cards, moves), [counts, cards, moves]);
  const [isFolded, fold] = useFolded(collapsed, name);
  const hand = useRef(null);
  const lists = useMemo(() => arrange(lanes, cards, moves), [lanes, cards, moves]);
  const sent = useMemo(() => new Set(Object.keys(moves)), [moves]);
  const refused = own ?? (refusal?.id ? refusal : null);
  useEffect(() => setOwn(null), [refusal?.n]);
  const where = (id) => {
    const card = (cards ?? NONE).find((x) => x.id === id);
    return card && (moves[id]?.to ?? card.status);
  };
  const rule = (from, to, card) => card?.refuse?.[to] ? { ok: false, text: card.refuse[to] } : (rules[from]?.[to] ?? { ok: false });
  const lift = ({ draggableId }) => {
    const card = cards.find((x) => x.id === draggableId);
    document.documentElement.dataset.dragging = "1";
    flushSync(() => {
      setOwn({});
      setDrag({ id: draggableId, from: where(draggableId), card });
    });
    const follow = (event) => {
      hand.current = event.touches?.[0] ?? event;
      setUnder(laneAt(hand.current));
    };
    setUnder(null);
    hand.current = null;
    window.addEventListener("pointermove", follow);
    window.addEventListener("touchmove", follow);
    hand.stop = () => ["pointermove", "touchmove"].forEach((kind) => window.removeEventListener(kind, follow));
  };
  const put = ({ draggableId, source, destination, reason }) => {
    hand.stop?.();
    delete document.documentElement.dataset.dragging;
    const held = drag;
    setDrag(null);
    if (reason === "CANCEL") return;
    const from = source.droppableId;
    if (destination && destination.droppableId !== from) {
      add(draggableId, destination.droppableId, destination.index);
      onMove?.(draggableId, destination.droppableId, from);
    } else if (!destination && hand.current) {
      const over = laneAt(hand.current);
      const told = over && over !== from ? rule(from, over, held?.card) : null;
      if (told && !told.ok) setOwn({ id: draggableId, text: told.text || L.t("{from} does not lead to {to}.", { from: L.t(look("status", from)[2]), to: L.t(look("status", over)[2]) }) });
    }
  };
  const frame = useRef(null);
  useEffect(() => {
    // On a phone, begin at the first lane that is open rather than at the folded ones before it.
    const first = frame.current?.querySelector(".lane:not(.thin)");
    if (first && window.innerWidth <= 760) frame.current.scrollLeft = first.offsetLeft - frame.current.offsetLeft;
  }, [cards?.length > 0]);
  const onClick = (event) => {
    const card = event.target.closest?.("[data-card]");
    if (!card || event.defaultPrevented || event.metaKey || event.ctrlKey || event.button) return;
    const link = card.querySelector("a[data-main]");
    if (link && !event.target.closest("button,a:not([data-main])")) {
      event.preventDefault();
      navigate(link.getAttribute("href"));
    }
  };
  return (
    <DragDropContext
      onBeforeCapture={lift} onDragEnd={put}
      dragHandleUsageInstructions={L.t("Press space to lift the task, arrow keys to move it between statuses, space to drop it, escape to put it back. Press Enter to open it.")}
    >
      {/* A press on a card opens it; the title inside is the link that keyboards and screen readers use. */}
      <div ref={frame} className="board" role="region" aria-label={label || L.t("Board")} tabIndex={0} onClick={onClick}>
        {lanes.map((status) => (
          <Lane
            key={status} status={status} cards={lists[status]} total={Math.max(totals[status] ?? 0, lists[status].length)} drag={drag} L={L}
            thin={isFolded(status, lists[status].length === 0)} rule={drag ? rule(drag.from, status, drag.card) : undefined}
            refusal={lists[status].some((x) => x.id === refused?.id) ? refused : undefined}
            sent={lists[status].some((x) => sent.has(x.id)) ? sent : undefined}
            onToggle={(s) => fold(s, !isFolded(s, lists[s].length === 0))} fixed={fixed} onMore={onMore}
            beside={under !== null && under !== status}
          />
        ))}
      </div>
    </DragDropContext>
  );
}
