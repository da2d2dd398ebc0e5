/* What is selected in a list. Rows that come in later are never selected by themselves. */
export class Selection {
  constructor() {
    this.ids = new Set();
    this.anchor = null;
  }
  has(id) {
    return this.ids.has(id);
  }
  get size() {
    return this.ids.size;
  }
  clear() {
    this.ids.clear();
    this.anchor = null;
  }
  toggle(id) {
    if (this.ids.has(id)) this.ids.delete(id);
    else this.ids.add(id);
    this.anchor = id;
  }
  /** All from the anchor to id, in the order of `order`. */
  extend(id, order) {
    const a = order.indexOf(this.anchor ?? id),
      b = order.indexOf(id);
    if (a < 0 || b < 0) return;
    for (let i = Math.min(a, b); i <= Math.max(a, b); i++) this.ids.add(order[i]);
    this.anchor ??= id;
  }
  all(order) {
    for (const id of order) this.ids.add(id);
  }
  /** Forgets what is no longer there. */
  keep(order) {
    const there = new Set(order);
    for (const id of this.ids) if (!there.has(id)) this.ids.delete(id);
  }
}
