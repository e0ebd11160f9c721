"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function start() {
  const settings = vscode.workspace.getConfiguration("rfl-lint");
  const [command, ...args] = settings.get("command");
  client = new LanguageClient(
    "rfl-lint",
    "rfl-lint",
    { command, args },
    {
      documentSelector: [{ scheme: "file", language: "rust" }],
      synchronize: { configurationSection: "rfl-lint" },
      initializationOptions: {
        codeLens: settings.get("codeLens"),
        inlayHints: settings.get("inlayHints"),
        workspaceDiagnostics: settings.get("workspaceDiagnostics"),
      },
    },
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    vscode.window.showErrorMessage(
      `rfl-lint: ${command} does not start (${error.message}). It comes with: pip install '.[lsp]' in a clone of rfl-lint`,
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running !== undefined) {
    await running.stop();
  }
}

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand("rfl-lint.restart", async () => {
      await stop();
      await start();
    }),
  );
  await start();
};

exports.deactivate = stop;
