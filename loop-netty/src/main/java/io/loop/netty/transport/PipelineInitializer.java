package io.loop.netty.transport;

import io.netty.channel.ChannelPipeline;

/// Adds a program's own Netty handlers to the pipeline of a connection.
///
/// The pipeline is empty when this is called, and the handlers of this module are added behind what
/// it adds. So the program's handlers are next to the socket: they see the bytes as they are on the
/// wire, with the PROXY header, and encrypted if there is TLS. In the direction of the peer they
/// see what TLS has encrypted.
///
/// ```java
/// options.withPipeline(pipeline -> pipeline.addLast(new LoggingHandler("wire")));
/// ```
///
/// A handler must pass on [io.netty.buffer.ByteBuf]s in both directions. Any other message that
/// reaches the stream ends the connection, with an [java.io.IOException] that names its type. A
/// handler may pause reading and make the channel unwritable; the stream's own back-pressure
/// continues to work.
///
/// Handlers run on the thread of the connection's loop, outside every coroutine, so they cannot
/// await.
@FunctionalInterface
public interface PipelineInitializer {

  /// Adds the handlers; called once for each connection, before it is connected or read. On the
  /// thread of the connection's loop, so with a group of loops on several threads at a time.
  ///
  /// @param pipeline the connection's pipeline
  /// @throws Exception if the connection cannot be served. An accepted one is closed, and the
  ///   exception handler is called, for a few connections a second; the server continues. Opening
  ///   one fails with this exception
  void initialize(ChannelPipeline pipeline) throws Exception;
}
