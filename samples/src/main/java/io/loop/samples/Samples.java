package io.loop.samples;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/// Servers and clients to run: one subcommand each.
@Command(
    name = "loop",
    description = "Servers and clients written as coroutines on Netty.",
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class,
    synopsisSubcommandLabel = "COMMAND")
public final class Samples implements Callable<Integer> {

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  /// Runs a sample and exits: 0 for success, 1 for failure, 2 for wrong arguments.
  ///
  /// @param arguments the subcommand and its options
  public static void main(String... arguments) {
    System.exit(commandLine(arguments).execute(arguments));
  }

  /// {@return the command line for the command that the arguments name, or for all commands}
  static CommandLine commandLine(String... arguments) {
    var commandLine = new CommandLine(new Samples());
    commands(arguments.length == 0 ? "" : arguments[0]).forEach(commandLine::addSubcommand);
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setExecutionExceptionHandler(Samples::explain);
    commandLine.setParameterExceptionHandler(UsageErrors::explain);
    return commandLine;
  }

  /// Reading the annotations of a command takes as long as starting its server, so only those of
  /// the requested command are read, if it exists.
  private static List<Class<?>> commands(String asked) {
    return switch (asked) {
      case "echo" -> List.of(Echo.class);
      case "echo-client" -> List.of(EchoClient.class);
      case "tls-echo" -> List.of(TlsEcho.class);
      case "udp-echo" -> List.of(UdpEcho.class);
      case "embed" -> List.of(Embed.class);
      case "redis" -> List.of(Redis.class);
      case "chat" -> List.of(Chat.class);
      case "http" -> List.of(Http.class);
      case "http2" -> List.of(Http2.class);
      case "dns" -> List.of(Dns.class);
      case "mqtt" -> List.of(Mqtt.class);
      case "smtp" -> List.of(Smtp.class);
      case "socks" -> List.of(Socks.class);
      case "proxy" -> List.of(Proxy.class);
      case "fetch" -> List.of(Fetch.class);
      case "supervisor" -> List.of(Supervisor.class);
      case "pipeline" -> List.of(Pipeline.class);
      case "websocket" -> List.of(Websocket.class);
      case "sse" -> List.of(Sse.class);
      case Training.NAME -> List.of(Training.class);
      default ->
          List.of(
              Echo.class,
              EchoClient.class,
              TlsEcho.class,
              UdpEcho.class,
              Embed.class,
              Redis.class,
              Chat.class,
              Http.class,
              Http2.class,
              Dns.class,
              Mqtt.class,
              Smtp.class,
              Socks.class,
              Proxy.class,
              Fetch.class,
              Supervisor.class,
              Pipeline.class,
              Websocket.class,
              Sse.class);
    };
  }

  /// Errors that the user can fix are printed in one line; anything else is a bug and is printed
  /// with its stack trace.
  private static int explain(
      Exception fault, CommandLine commandLine, CommandLine.ParseResult parsed) throws Exception {
    if (!(fault instanceof IOException known)) {
      throw fault;
    }
    String name = commandLine.getCommandSpec().qualifiedName();
    commandLine.getErr().println(name + ": " + FileFaults.describe(known));
    return CommandLine.ExitCode.SOFTWARE;
  }

  /// Lists the commands, since none was named.
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return CommandLine.ExitCode.USAGE;
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Samples.class.getPackage().getImplementationVersion();
      return new String[] {"loop " + (version == null ? "(not packaged)" : version)};
    }
  }
}
