/** What the documents' examples take as given: who is signed in, and ids of what is theirs. */
declare const userId: string;
declare const workflowId: string;
declare const session: { accessToken: string };

/** As bundlers for Cloudflare Workers give it. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
