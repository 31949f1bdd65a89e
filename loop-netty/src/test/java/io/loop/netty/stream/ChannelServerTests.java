package io.loop.netty.stream;

import io.loop.netty.Pipelines;
import io.loop.netty.channel.ChannelBody;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.transport.PipelineInitializer;
import java.io.IOException;

/// What the tests of servers of pipelines share.
abstract class ChannelServerTests extends ServerTests {

  static final String LOCAL = "127.0.0.1";

  static Server start(PipelineInitializer pipeline, ServerOptions options) throws IOException {
    return ChannelServer.startServer(pipeline, LOCAL, 0, options);
  }

  static PipelineInitializer lines(ChannelBody<String> body) {
    return pipeline -> Pipelines.lines(body).accept(pipeline);
  }

  static void echo(CoroutineChannel<String> channel) throws IOException {
    for (String line : channel) {
      channel.send(line + "\n");
    }
  }
}
