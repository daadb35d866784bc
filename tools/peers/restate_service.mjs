// The handler that Restate calls: appends at the expected version, or says that it is another.
import { load } from "./installed.mjs";

// Node.js 20 lacks what the SDK calls.
Promise.withResolvers ??= () => {
  let resolve;
  let reject;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};

const restate = await load("@restatedev/restate-sdk");
const item = restate.object({
  name: "Item",
  handlers: {
    append: async (context, { expected, payload }) => {
      const version = (await context.get("version")) ?? 0;
      if (version !== expected) throw new restate.TerminalError(`it is at ${version}`, { errorCode: 409 });
      context.set("version", version + 1);
      context.set(`e${version + 1}`, payload);
      return version + 1;
    },
  },
  options: { enableLazyState: true },
});
await restate.serve({ services: [item], port: Number(process.argv[2]) });
