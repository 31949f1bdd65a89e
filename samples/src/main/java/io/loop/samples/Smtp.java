package io.loop.samples;

import io.loop.Asyncio;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.TlsOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// A mail sink: takes mails by SMTP, with STARTTLS, and writes them to files.
@Command(
    name = "smtp",
    description = {
      "Takes mails by SMTP and writes each to a file, until SIGINT or SIGTERM.",
      "It takes mails from everyone for everyone and sends them nowhere: a place for the mails of"
          + " tests."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Smtp implements Callable<Integer> {

  private static final int LONGEST_LINE = 4096; // the standard allows 1000

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Mixin private CertificateOptions certificate = new CertificateOptions();

  @Option(
      names = "--dir",
      required = true,
      paramLabel = "DIRECTORY",
      description = "where to write the mails; created if it is not there")
  private Path directory = Path.of(".");

  @Option(
      names = "--max-size",
      defaultValue = "10240",
      paramLabel = "KIB",
      description = "limit of one mail (default: ${DEFAULT-VALUE})")
  private int maxSize;

  @Option(
      names = "--max-mails",
      defaultValue = "10000",
      description =
          "limit of mails in the directory; then no more are taken (default: ${DEFAULT-VALUE})")
  private int maxMails;

  @Option(
      names = "--max-recipients",
      defaultValue = "100",
      description = "limit of the recipients of one mail (default: ${DEFAULT-VALUE})")
  private int maxRecipients;

  @Option(
      names = "--max-connections",
      defaultValue = "200",
      description = "limit of open connections; more are closed (default: ${DEFAULT-VALUE})")
  private int maxConnections;

  @Option(
      names = "--patience",
      defaultValue = "300",
      paramLabel = "SECONDS",
      description =
          "how long to wait for a command, or for 64 KiB of a mail (default: ${DEFAULT-VALUE})")
  private int patience;

  @Override
  public Integer call() {
    var options = common.runnerOptions();
    certificate.requireBothOrNone();
    common.requirePositive("--max-size", maxSize);
    common.requirePositive("--max-mails", maxMails);
    common.requirePositive("--max-recipients", maxRecipients);
    common.requirePositive("--max-connections", maxConnections);
    common.requirePositive("--patience", patience);
    return ListenOptions.runUntilSignal(this::serve, options);
  }

  private void serve() throws IOException {
    TlsOptions tls = TlsOptions.of(Asyncio.toThread(certificate::context));
    int there = Asyncio.toThread(this::countMails);
    var box = new SmtpSession.Box(directory, Math.max(0, maxMails - there));
    var session =
        new SmtpSession.Limits((long) maxSize << 10, maxRecipients, Duration.ofSeconds(patience));
    var limits =
        ServerLimits.DEFAULT
            .withConnections(maxConnections, Math.min(50, maxConnections))
            .withIdleTimeout(Duration.ofSeconds(patience).multipliedBy(2)); // of last resort
    Server server =
        Streams.startServer(
            (reader, writer) -> new SmtpSession(reader, writer, tls, box, session).serve(),
            listen.host(),
            listen.port(),
            ServerOptions.DEFAULT.withLimit(LONGEST_LINE).withLimits(limits));
    listen.announce(server.localAddress());
    server.serveForever();
  }

  private int countMails() throws IOException {
    try {
      Files.createDirectories(directory);
    } catch (IOException fault) {
      throw FileFaults.cannot("create the directory", directory, fault);
    }
    try (Stream<Path> files = Files.list(directory)) {
      return (int) files.filter(file -> file.toString().endsWith(".eml")).count();
    }
  }
}
