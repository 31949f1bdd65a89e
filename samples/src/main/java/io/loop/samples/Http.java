package io.loop.samples;

import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.channel.HandlerOptions;
import io.loop.netty.stream.ChannelServer;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// An HTTP/1.1 server: Netty's codec, and a coroutine for each connection.
@Command(
    name = "http",
    description = {
      "Serves HTTP/1.1 until SIGINT or SIGTERM.",
      "GET / greets, POST /count counts and hashes the body, GET /numbers?to=N streams N lines."
          + " With --root, every other path is a file."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Http implements Callable<Integer> {

  private static final HandlerOptions PARTS =
      HandlerOptions.DEFAULT.withLastPart(part -> part instanceof LastHttpContent);

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Option(
      names = "--root",
      paramLabel = "DIRECTORY",
      description = "serve the files of this directory (default: none)")
  private @Nullable Path root;

  @Mixin private ServingOptions serving = new ServingOptions();

  @Mixin private HttpTimeoutOptions timeouts = new HttpTimeoutOptions();

  @Option(
      names = "--max-line",
      defaultValue = "4096",
      paramLabel = "BYTES",
      description = "limit of a request line (default: ${DEFAULT-VALUE})")
  private int maxLine;

  @Option(
      names = "--max-headers",
      defaultValue = "8192",
      paramLabel = "BYTES",
      description = "limit of the headers of a request (default: ${DEFAULT-VALUE})")
  private int maxHeaders;

  @Option(
      names = "--max-body",
      defaultValue = "67108864",
      paramLabel = "BYTES",
      description = "limit of the body of a request (default: ${DEFAULT-VALUE})")
  private int maxBody;

  @Override
  public Integer call() throws IOException {
    common.requirePositive("--max-line", maxLine);
    common.requirePositive("--max-headers", maxHeaders);
    common.requireNotNegative("--max-body", maxBody);
    timeouts.require(common);
    HttpFiles files = root == null ? null : new HttpFiles(root);
    HttpConnection.Limits limits = timeouts.limits(maxBody);
    return serving.run(
        common,
        more -> more.withIdleTimeout(timeouts.idle()),
        options -> serve(files, limits, options));
  }

  private void serve(@Nullable HttpFiles files, HttpConnection.Limits limits, ServerOptions options)
      throws IOException {
    Server server =
        ChannelServer.startServer(
            pipeline -> initialize(pipeline, files, limits), listen.host(), listen.port(), options);
    listen.announce(server.localAddress());
    server.serveForever();
  }

  private void initialize(
      ChannelPipeline pipeline, @Nullable HttpFiles files, HttpConnection.Limits limits) {
    var decoding =
        new HttpDecoderConfig().setMaxInitialLineLength(maxLine).setMaxHeaderSize(maxHeaders);
    pipeline.addLast(
        new HttpServerCodec(decoding),
        HttpDisconnector.INSTANCE,
        CoroutineHandler.of(
            HttpObject.class,
            channel -> new HttpConnection(channel, files, limits).serve(),
            PARTS));
  }
}
