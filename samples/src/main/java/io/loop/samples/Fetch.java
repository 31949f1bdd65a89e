package io.loop.samples;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loop.Asyncio;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;
import io.loop.scope.Retry;
import io.loop.scope.TaskGroup;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// An HTTP/1.1 client: many URLs, a few at a time, each tried until it succeeds or cannot.
@Command(
    name = "fetch",
    description = {
      "Fetches URLs of http and https: prints SHA-256, size and URL of each, or saves the bodies.",
      "A lost connection, a time-out and the statuses 408, 429 and 5xx are tried again. Redirects"
          + " are not followed.",
      "Exits with 1 if a URL failed."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Fetch implements Callable<Integer> {

  private static final int INTERRUPTED = 130;
  private static final Retry BACK_OFF =
      Retry.DEFAULT
          .withFirstDelay(Duration.ofMillis(200))
          .withMaxDelay(Duration.ofSeconds(5))
          .withRetried(FetchFailure::mayPass);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(paramLabel = "URL", arity = "0..*", description = "what to fetch")
  private List<String> urls = new ArrayList<>();

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description = "fetch the URLs of this file too, one per line; - for standard input")
  private @Nullable Path input;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description =
          "save the bodies in this directory, as 0001-NAME in the order of the URLs (default: none)")
  private @Nullable Path output;

  @Option(
      names = "--concurrency",
      defaultValue = "16",
      description = "limit of requests and connections at a time (default: ${DEFAULT-VALUE})")
  private int concurrency;

  @Option(
      names = "--attempts",
      defaultValue = "4",
      description = "limit of attempts for each URL (default: ${DEFAULT-VALUE})")
  private int attempts;

  @Option(
      names = "--connect-timeout",
      defaultValue = "5",
      paramLabel = "SECONDS",
      description = "how long opening a connection may take (default: ${DEFAULT-VALUE})")
  private int connectTimeout;

  @Option(
      names = "--timeout",
      defaultValue = "60",
      paramLabel = "SECONDS",
      description = "how long one attempt may take (default: ${DEFAULT-VALUE})")
  private int timeout;

  @Option(
      names = "--max-body",
      defaultValue = "1073741824",
      paramLabel = "BYTES",
      description = "limit of a body (default: ${DEFAULT-VALUE})")
  private long maxBody;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description = "trust these certificates, PEM (default: those that the JDK trusts)")
  private @Nullable File authorities;

  /// A URL and its number in the order of the command line.
  private record Item(int number, FetchUrl url) {}

  @Override
  public Integer call() throws IOException {
    var options = common.runnerOptions();
    common.requirePositive("--concurrency", concurrency);
    common.requirePositive("--attempts", attempts);
    common.requirePositive("--connect-timeout", connectTimeout);
    common.requirePositive("--timeout", timeout);
    if (maxBody < 0) {
      throw new ParameterException(spec.commandLine(), "--max-body must not be negative");
    }
    List<Item> items = items();
    if (output != null) {
      createDirectories(output);
    }
    var commandLine = spec.commandLine();
    var report =
        new FetchReport(
            commandLine.getOut(), commandLine.getErr(), EchoClient.isTerminal(), items.size());
    var pool =
        new FetchPool(
            new FetchPool.Options(tls(), Duration.ofSeconds(connectTimeout), concurrency, maxBody));
    int code = 0;
    try {
      Asyncio.run(Coro.of(() -> fetchAll(items, pool, report)), options);
    } catch (KeyboardInterrupt interruption) {
      code = INTERRUPTED;
    } catch (SystemExit terminated) {
      code = terminated.code();
    }
    report.end(pool.opened());
    return code == 0 && report.failures() > 0 ? 1 : code;
  }

  private List<Item> items() throws IOException {
    List<String> texts = new ArrayList<>(urls);
    if (input != null) {
      readLines(input).map(String::strip).filter(line -> !line.isEmpty()).forEach(texts::add);
    }
    if (texts.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "nothing to fetch: name a URL or --input");
    }
    List<Item> items = new ArrayList<>();
    try {
      for (String text : texts) {
        items.add(new Item(items.size() + 1, FetchUrl.parse(text)));
      }
    } catch (IllegalArgumentException refused) {
      throw new ParameterException(spec.commandLine(), String.valueOf(refused.getMessage()));
    }
    return items;
  }

  private static Stream<String> readLines(Path from) throws IOException {
    try {
      byte[] bytes =
          from.toString().equals("-") ? System.in.readAllBytes() : Files.readAllBytes(from);
      return new String(bytes, UTF_8).lines();
    } catch (IOException unreadable) {
      throw FileFaults.cannot("read", from, unreadable);
    }
  }

  private static void createDirectories(Path directory) throws IOException {
    try {
      Files.createDirectories(directory);
    } catch (IOException fault) {
      throw FileFaults.cannot("create the directory", directory, fault);
    }
  }

  private SslContext tls() throws IOException {
    if (authorities != null) {
      FileFaults.requireReadable("read the certificates", authorities.toPath());
    }
    try {
      return SslContextBuilder.forClient()
          .trustManager(authorities)
          .protocols("TLSv1.3", "TLSv1.2")
          .endpointIdentificationAlgorithm("HTTPS")
          .build();
    } catch (IllegalArgumentException unreadable) {
      throw new IOException(
          "cannot use " + authorities + ": " + unreadable.getMessage(), unreadable);
    }
  }

  private void fetchAll(List<Item> items, FetchPool pool, FetchReport report) {
    Task<?> bar = report.hasBar() ? Asyncio.createTask(report::drawAll) : null;
    try (pool) {
      TaskGroup.forEach(items, concurrency, item -> fetch(item, pool, report));
    } finally {
      if (bar != null) {
        bar.cancel();
      }
    }
  }

  private void fetch(Item item, FetchPool pool, FetchReport report) {
    try {
      retry(item, pool, report);
    } catch (IOException | TimeoutException fault) {
      report.failed(item.url(), fault);
    }
  }

  private void retry(Item item, FetchPool pool, FetchReport report)
      throws IOException, TimeoutException {
    BACK_OFF.withAttempts(attempts).call(() -> attempt(item, pool, report));
  }

  private void attempt(Item item, FetchPool pool, FetchReport report)
      throws IOException, TimeoutException {
    report.attempted();
    Path file = output == null ? null : output.resolve(item.url().fileName(item.number()));
    try (var body = new FetchBody(file, maxBody)) {
      Asyncio.timeout(Duration.ofSeconds(timeout), () -> pool.get(item.url(), body));
      report.succeeded(item.url(), body.size(), body.finish());
    }
  }
}
