// Runs the engine beside the page, so that the page stays quick. `wasm_bindgen` is the engine's own glue, which stands before this.
"use strict";
(() => {
  const GZIP = [0x1f, 0x8b];
  const LARGE = 400_000_000;
  let engine = null;
  let loaded = null;

  const decoded = (text) => {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
    return bytes;
  };
  const through = async (bytes, stream) => new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());

  // The bytes of a file, or of a block of the page. What would not fit into the engine's memory twice is compressed first.
  const bytesOf = async ({ file, base64 }) => {
    if (base64 !== undefined) return decoded(base64);
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (bytes.length < LARGE || (bytes[0] === GZIP[0] && bytes[1] === GZIP[1])) return bytes;
    return through(bytes, new CompressionStream("gzip"));
  };

  const reply = (answer) => {
    const said = { json: answer.json, page: answer.page };
    answer.free();
    return said;
  };

  const METHODS = {
    load(base64) {
      loaded ??= through(decoded(base64), new DecompressionStream("gzip")).then((module_or_path) => wasm_bindgen({ module_or_path }));
      return loaded.then(() => null);
    },
    async open(name, source, now, version) {
      await loaded;
      const bytes = await bytesOf(source);
      if (engine) engine.free();
      engine = null;
      engine = new wasm_bindgen.Engine(name, bytes, now, version);
      return engine.overview();
    },
    overview: () => engine.overview(),
    pending: (suggestions) => reply(engine.pending(suggestions)),
    explain: (namespace, pod, suggestions) => reply(engine.explain(namespace, pod, suggestions)),
    containers: (namespace, pod) => engine.containers(namespace, pod),
    simulate: () => reply(engine.simulate()),
    change: (scenario) => {
      engine.change(scenario);
      return engine.overview();
    },
  };

  // One question after the other: the engine has one state.
  let turn = Promise.resolve();
  self.addEventListener("message", ({ data: { id, method, words } }) => {
    turn = turn.then(async () => {
      try {
        self.postMessage({ id, value: await METHODS[method](...words) });
      } catch (error) {
        const stopped = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
        self.postMessage({ id, error: stopped ? "the engine stopped, probably for lack of memory: open the state again" : String(error?.message ?? error), stopped });
      }
    });
  });
})();
