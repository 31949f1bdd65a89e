import org.jspecify.annotations.NullMarked;

/// asyncio's programming model for the JVM: tasks, futures, structured cancellation and streams on
/// an event loop.
///
/// Start at [io.loop.Asyncio].
@NullMarked
@SuppressWarnings("requires-automatic") // Micrometer's library has no module-info
module io.loop.core {
  requires static transitive org.jspecify;
  requires static context.propagation; // Micrometer's: used if present
  requires static jdk.management; // lock owners in reports
  requires jdk.unsupported;

  exports io.loop;
  exports io.loop.channel;
  exports io.loop.context;
  exports io.loop.event;
  exports io.loop.process;
  exports io.loop.scope;
  exports io.loop.stream;
  exports io.loop.sync;
  exports io.loop.task;
  exports io.loop.testing;

  uses io.loop.context.ContextPropagator;
  uses io.loop.event.Poller;
}
