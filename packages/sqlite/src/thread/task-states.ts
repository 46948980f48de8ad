/** Where a task is. The file has these numbers. */
export const ready = 0;
/** Due later. */
export const delayed = 1;
export const claimed = 2;
/** Due, and another one of its name and key goes before it. */
export const blocked = 3;
export const dead = 4;
