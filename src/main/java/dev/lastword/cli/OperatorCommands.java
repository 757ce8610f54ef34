package dev.lastword.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** All commands for a proxy that runs. */
public final class OperatorCommands {
  /** The exit code of those that name a session, server or listener that is not there. */
  public static final int NOT_FOUND = Failure.NOT_FOUND;

  private OperatorCommands() {}

  /** Adds them to a command line, in the order in which its help shows them. */
  public static void addTo(CommandLine commandLine) {
    add(commandLine, "status", new StatusCommand(), null);
    add(
        commandLine,
        "sessions",
        new ShowCommand(
            "sessions",
            "id",
            "protocol",
            "listener",
            "client",
            "user",
            "server",
            "state",
            "in_transaction",
            "age_seconds",
            "bytes_in",
            "bytes_out"),
        "Shows the sessions that live.");
    add(
        commandLine,
        "servers",
        new ShowCommand(
            "servers",
            "name",
            "state",
            "draining",
            "sessions",
            "x_address",
            "classic_address",
            "detail"),
        "Shows the servers: whether they are alive, and how that is known.");
    add(
        commandLine,
        "listeners",
        new ShowCommand(
            "listeners",
            "name",
            "protocol",
            "address",
            "servers",
            "policy",
            "sessions",
            "max_sessions",
            "accepting",
            "draining"),
        "Shows where clients connect.");
    add(
        commandLine,
        "losses",
        new ShowCommand(
            "losses",
            "ended",
            "id",
            "client",
            "user",
            "server",
            "cause",
            "told",
            "code",
            "farewell_micros"),
        "Shows the sessions that ended without their client having asked for it.");
    add(commandLine, "explain", new ExplainCommand(), null);
    add(
        commandLine,
        "notices",
        new ShowCommand("notices", "type", "scope", "code", "origin", "sent"),
        "Shows how many notices X clients were sent, by kind.");
    add(
        commandLine,
        "events",
        new EventsCommand(),
        "Shows what happened to the proxy and its servers.");
    add(commandLine, "kill", new KillCommand(), null);
    add(
        commandLine,
        "drain",
        new DrainCommand("drain", "takes no new sessions; those it has end when they are idle"),
        "Takes the proxy, a server or a listener out of use: no new sessions, and those that are"
            + " there end when they have nothing to do.");
    add(
        commandLine,
        "undrain",
        new DrainCommand("undrain", "takes sessions again"),
        "Takes a drain back.");
    add(commandLine, "reload", new ReloadCommand(), null);
    add(commandLine, "log-level", new LogLevelCommand(), null);
    add(commandLine, "top", new TopCommand(), null);
  }

  private static void add(
      CommandLine commandLine, String name, Remote command, @Nullable String description) {
    CommandSpec spec = CommandSpec.forAnnotatedObject(command);
    if (description != null) {
      spec.usageMessage().description(description);
    }
    commandLine.addSubcommand(name, spec);
  }
}
