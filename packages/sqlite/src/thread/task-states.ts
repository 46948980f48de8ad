/** Where a task is. The file has these numbers. */
export const ready = 0;
/** Due later. */
export const delayed = 1;
export const claimed = 2;
/** Due, and another one of its name and key goes before it. */
export const blocked = 3;
export const dead = 4;
/** It waits for others that are to be done before. */
export const awaiting = 5;
/** Due, and no more of its key may begin for a time. */
export const throttled = 6;
/** Over, and known for a time: these two, and none else, are not less than `done`. */
export const done = 7;
export const cancelled = 8;
