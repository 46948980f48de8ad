/** What the benchmarks use of `async`, which ships no types. */
declare module "async" {
  export interface Queue<Task> {
    push(task: Task, done: (error?: unknown) => void): void;
    /** Resolves when the last task is done. */
    drain(): Promise<void>;
  }
  export function queue<Task>(
    worker: (task: Task, done: (error?: unknown) => void) => void,
    concurrency: number,
  ): Queue<Task>;
}
