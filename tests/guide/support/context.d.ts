/** What the documents' examples assume to exist: the signed-in user, and ids of that user's rows. */
declare const userId: string;
declare const workflowId: string;
declare const session: { accessToken: string };

/** As provided by bundlers for Cloudflare Workers. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
