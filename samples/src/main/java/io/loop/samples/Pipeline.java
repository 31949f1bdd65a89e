package io.loop.samples;

import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.channel.HandlerOptions;
import io.loop.netty.channel.HandlerOptions.Disconnect;
import io.loop.netty.stream.ChannelServer;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.compression.StandardCompressionOptions;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// An HTTP gateway whose pipeline mixes three worlds: Netty's own handlers and a plain one, a
/// coroutine, and a library that answers with a `CompletableFuture`.
@Command(
    name = "pipeline",
    description = {
      "Forwards HTTP/1.1 requests to another server, until SIGINT or SIGTERM.",
      "Netty's handlers decode the requests and compress the answers, a plain handler measures the"
          + " time, and a coroutine waits for the JDK's HttpClient."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Pipeline implements Callable<Integer> {

  private static final int SMALLEST_TO_COMPRESS = 256;

  /// A client that disconnects cancels its coroutine, and with it the request to the upstream.
  private static final HandlerOptions CANCELLED_WITH_ITS_CLIENT =
      HandlerOptions.DEFAULT
          .withDisconnect(Disconnect.CANCEL)
          .withLastPart(part -> part instanceof LastHttpContent);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Mixin private ServingOptions serving = new ServingOptions();

  @Mixin private HttpTimeoutOptions timeouts = new HttpTimeoutOptions();

  @Option(
      names = "--upstream",
      required = true,
      paramLabel = "URL",
      description = "the server that gets the requests, for instance http://127.0.0.1:8008")
  private String upstream = "";

  @Option(
      names = "--upstream-timeout",
      defaultValue = "10",
      paramLabel = "SECONDS",
      description = "how long an answer of that server may take (default: ${DEFAULT-VALUE})")
  private int upstreamTimeout;

  @Option(
      names = "--max-body",
      defaultValue = "1024",
      paramLabel = "KIB",
      description = "limit of the body of a request, and of an answer (default: ${DEFAULT-VALUE})")
  private int maxBody;

  @Override
  public Integer call() {
    common.requirePositive("--upstream-timeout", upstreamTimeout);
    common.requirePositive("--max-body", maxBody);
    timeouts.require(common);
    URI server = requireServer(upstream);
    HttpConnection.Limits limits = timeouts.limits((long) maxBody << 10);
    return serving.run(
        common,
        more -> more.withIdleTimeout(timeouts.idle()),
        options -> serve(server, limits, options));
  }

  private URI requireServer(String text) {
    try {
      var address = new URI(text);
      boolean isHttp = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
      if (isHttp
          && address.getHost() != null
          && address.getQuery() == null
          && address.getFragment() == null) {
        return address;
      }
    } catch (URISyntaxException malformed) {
      // refused below
    }
    throw new ParameterException(
        spec.commandLine(),
        "--upstream must be http://HOST:PORT or http://HOST:PORT/PATH, not '" + text + "'");
  }

  private void serve(URI server, HttpConnection.Limits limits, ServerOptions options)
      throws IOException {
    try (var client =
        new PipelineUpstream(server, Duration.ofSeconds(upstreamTimeout), maxBody << 10)) {
      Server listening =
          ChannelServer.startServer(
              pipeline -> initialize(pipeline, client, limits),
              listen.host(),
              listen.port(),
              options);
      listen.announce(listening.localAddress());
      listening.serveForever();
    }
  }

  private static void initialize(
      ChannelPipeline pipeline, PipelineUpstream client, HttpConnection.Limits limits) {
    // Otherwise a client that has gone could not be told from one that only sends no more.
    pipeline.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
    pipeline.addLast(
        new HttpServerCodec(),
        new HttpContentCompressor(SMALLEST_TO_COMPRESS, StandardCompressionOptions.gzip()),
        new PipelineTimer(),
        HttpDisconnector.INSTANCE,
        CoroutineHandler.of(
            HttpObject.class,
            channel -> new PipelineConnection(channel, client, limits).serve(),
            CANCELLED_WITH_ITS_CLIENT));
  }
}
