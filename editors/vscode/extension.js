"use strict";

const { spawn } = require("node:child_process");
const { once } = require("node:events");
const { homedir } = require("node:os");
const { join } = require("node:path");
const vscode = require("vscode");
const { CloseAction, LanguageClient } = require("vscode-languageclient/node");

const AT_START = ["rfl-lint.command", "rfl-lint.workspaceDiagnostics"];
const INSTALL = "It comes with: pip install '.[lsp]' in a clone of rfl-lint.";

let log;
let client;
let starting;
let last = Promise.resolve();

/** Shows what goes wrong only while it is served; `start` tells of a server that does not come up, once and plainly. */
class Client extends LanguageClient {
  error(message, data, show = true) {
    super.error(message, data, this.isServed ? show : false);
  }
}

/** The program and its arguments; none if the setting cannot be one. */
function commandLine(given) {
  if (!Array.isArray(given) || given.length === 0 || !given.every((word) => typeof word === "string")) {
    return undefined;
  }
  const [command, ...args] = given;
  const trusted = args.filter((word) => vscode.workspace.isTrusted || word !== "--trust-plugins");
  return [command.startsWith("~/") ? join(homedir(), command.slice(2)) : command, trusted];
}

/** Ends a server that has not come up, and waits for its last words. */
async function ended(server) {
  server.kill();
  await Promise.race([server.isClosed, new Promise((resolve) => setTimeout(resolve, 1000))]);
}

async function complain(message) {
  const chosen = await vscode.window.showErrorMessage(`rfl-lint: ${message}`, "Open Settings", "Show Log");
  if (chosen === "Open Settings") {
    const where = vscode.env.remoteName === undefined ? "openUserSettings" : "openRemoteSettings";
    await vscode.commands.executeCommand(`workbench.action.${where}`, { query: "rfl-lint.command" });
  } else if (chosen === "Show Log") {
    log.show(true);
  }
}

/** A rule's page as it is meant to be read, not its source. */
async function showDocument(params, next) {
  if (params.external || !params.uri.endsWith(".md")) {
    return next(params);
  }
  await vscode.commands.executeCommand("markdown.showPreview", vscode.Uri.parse(params.uri));
  return { success: true };
}

async function start() {
  const settings = vscode.workspace.getConfiguration("rfl-lint");
  const line = commandLine(settings.get("command"));
  if (line === undefined) {
    complain("the setting rfl-lint.command has to be a list of strings: the program, then its arguments.");
    return;
  }
  const [command, args] = line;
  let server;
  let said = "";
  const launch = async () => {
    // Not in the workspace: Windows would look for the program there first.
    server = spawn(command, args, { cwd: homedir() });
    starting = made.isServed ? undefined : server;
    server.stderr.on("data", (data) => (said = (said + data).slice(-4000)));
    server.isClosed = new Promise((resolve) => server.once("close", resolve));
    await once(server, "spawn");
    return server;
  };
  const made = new Client("rfl-lint", "rfl-lint", launch, {
    documentSelector: [{ scheme: "file", language: "rust" }],
    outputChannel: log,
    synchronize: { configurationSection: "rfl-lint" },
    initializationOptions: {
      codeLens: settings.get("codeLens"),
      inlayHints: settings.get("inlayHints"),
      workspaceDiagnostics: settings.get("workspaceDiagnostics"),
    },
    middleware: { window: { showDocument } },
    initializationFailedHandler: () => false,
    errorHandler: {
      error: (...given) => usual.error(...given),
      // A server that never answered would not do so the next time either.
      closed: () => (made.isServed ? usual.closed() : { action: CloseAction.DoNotRestart, handled: true }),
    },
  });
  const usual = made.createDefaultErrorHandler();
  try {
    await made.start();
    if (!made.isRunning()) {
      throw new Error("it has ended");
    }
    made.isServed = true;
    client = made;
  } catch (error) {
    await ended(server);
    if (error.code === "ENOENT") {
      complain(`the program ${command} is not found. ${INSTALL} The setting rfl-lint.command tells where it is.`);
    } else if (starting !== undefined) {
      const words = said.trim().split("\n").pop().replace(/^rfl-lint: (error: )?/, "");
      const status = server.exitCode === null ? error.message : `it ends at once, with status ${server.exitCode}`;
      complain(`${command} does not start: ${words || status}`);
    }
  }
  starting = undefined;
}

/** A server that is asked for no more, before it has answered. */
function abandon() {
  starting?.kill();
  starting = undefined;
}

async function stop() {
  const running = client;
  client = undefined;
  if (running === undefined) {
    return;
  }
  running.isServed = false;
  try {
    await running.dispose();
  } catch (error) {
    log.appendLine(`The server did not stop in order: ${error.message}`); // it ends when its input does
  }
}

/** One start or stop after the other, however fast they are asked for. */
function inTurn(...steps) {
  for (const step of steps) {
    last = last.then(step);
  }
  return last;
}

exports.activate = (context) => {
  log = vscode.window.createOutputChannel("rfl-lint");
  const restart = () => {
    abandon();
    return inTurn(stop, start);
  };
  context.subscriptions.push(
    log,
    vscode.commands.registerCommand("rfl-lint.restart", restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (AT_START.some((name) => change.affectsConfiguration(name))) {
        restart();
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
  );
  return inTurn(start);
};

exports.deactivate = () => {
  abandon();
  return inTurn(stop);
};
