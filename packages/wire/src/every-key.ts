/**
 * What a rule for listening finds as `key` where somebody wants all keys of an event at once: a right of its own. It is a
 * symbol and not `undefined`, so that it equals nothing that a user lacks, and no query takes it for "any".
 *
 * @example
 * ```ts
 * const allow = {
 *   listen: { "message.posted": ({ peer, key }) => (key === everyKey ? peer.user.admin : peer.user.rooms.includes(key)) },
 * };
 * ```
 */
export const everyKey: unique symbol = Symbol.for("eventwire.everyKey");
