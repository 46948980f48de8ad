/** What is counted where there is nothing. */
export const nothing = { waiting: 0, delayed: 0, blocked: 0, claimed: 0, dead: 0 };
