// What the documentation's examples have around them.
declare const url: string;
declare const key: string;
declare const token: string;
declare const userId: string;
declare const workflowId: string;
declare const App: () => null;
