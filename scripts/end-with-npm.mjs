// npm ends a script by ending the shell around it, and that shell passes no signal on: without this, what `npm start`
// started would outlive it.
const shell = process.ppid;
const isRunByNpm = process.env.npm_lifecycle_event !== undefined;

if (isRunByNpm && process.platform !== "win32") {
  setInterval(() => {
    if (process.ppid !== shell) process.kill(process.pid, "SIGTERM");
  }, 200).unref();
}
