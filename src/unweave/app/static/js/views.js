// How fine what was found is looked at: as found, one level of the ontology, or every class.

export const VIEWS = { auto: "As found", 1: "Coarse", 2: "Level 2", 3: "Level 3", 4: "Level 4", 5: "Level 5", 6: "Fine", classes: "Every class" };

/** The lanes of one view of the events that the server found. */
export function lanes(events, view) {
  if (!events) return [];
  return (view === "auto" ? events.auto : view === "classes" ? events.classes : events.levels[view]) ?? [];
}

/** What the server calls the level of a view. */
export const levelOf = (view) => (Number(view) ? Number(view) : view);

export function viewsOf(events) {
  if (!events) return [];
  return Object.keys(VIEWS)
    .sort((a, b) => order(a) - order(b))
    .filter((view) => view === "auto" || lanes(events, view).length);
}

const order = (view) => ({ auto: 0, classes: 9 })[view] ?? Number(view);
