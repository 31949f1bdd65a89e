package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.runCoroutineThreadsafe;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.toThread;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.context.ContextPropagator;
import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.integration.Slf4jThreadLocalAccessor;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextStorage;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.logging.log4j.ThreadContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

/// The values of real libraries follow the work, by propagators as `docs/context.md` shows them and
/// by Micrometer's registry.
final class LibraryContextsTest {

  /// OpenTelemetry's current context, with the span in it.
  static final class OpenTelemetryPropagator implements ContextPropagator<Context> {
    @Override
    public Context capture() {
      return Context.current();
    }

    @Override
    public Scope restore(@Nullable Context snapshot) {
      Context wanted = snapshot == null ? Context.root() : snapshot;
      return ContextStorage.get().attach(wanted)::close;
    }
  }

  /// The MDC of SLF4J.
  static final class MdcPropagator implements ContextPropagator<Map<String, String>> {
    @Override
    public @Nullable Map<String, String> capture() {
      return MDC.getCopyOfContextMap();
    }

    @Override
    public Scope restore(@Nullable Map<String, String> snapshot) {
      Map<String, String> before = capture();
      set(snapshot);
      return () -> set(before);
    }

    private static void set(@Nullable Map<String, String> values) {
      if (values == null) {
        MDC.clear();
      } else {
        MDC.setContextMap(values);
      }
    }
  }

  /// The thread context of Log4j.
  static final class Log4jPropagator implements ContextPropagator<Map<String, String>> {
    @Override
    public @Nullable Map<String, String> capture() {
      return ThreadContext.isEmpty() ? null : ThreadContext.getContext();
    }

    @Override
    public Scope restore(@Nullable Map<String, String> snapshot) {
      Map<String, String> before = capture();
      set(snapshot);
      return () -> set(before);
    }

    private static void set(@Nullable Map<String, String> values) {
      ThreadContext.clearMap();
      if (values != null) {
        ThreadContext.putAll(values);
      }
    }
  }

  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final SdkTracerProvider provider =
      SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(exporter)).build();
  private final Tracer tracer = provider.get("test");
  private final List<AutoCloseable> toClose = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : toClose) {
      each.close();
    }
    MDC.clear();
    ThreadContext.clearMap();
    provider.close();
  }

  private void register(ContextPropagator<?> propagator) {
    toClose.add(ContextPropagator.register(propagator));
  }

  private void registerAccessor(Object key, Runnable registering) {
    registering.run();
    toClose.add(() -> ContextRegistry.getInstance().removeThreadLocalAccessor(key));
  }

  /// Runs a body in a span that is the current one meanwhile.
  private void inSpan(String name, Coro.Action body) throws Exception {
    Span span = tracer.spanBuilder(name).startSpan();
    try (var _ = span.makeCurrent()) {
      body.run();
    } finally {
      span.end();
    }
  }

  private void leaf(String name) {
    tracer.spanBuilder(name).startSpan().end();
  }

  /// {@return the name of each span's parent}
  private Map<String, String> parents() {
    Map<String, String> names = new TreeMap<>();
    List<SpanData> spans = exporter.getFinishedSpanItems();
    spans.forEach(span -> names.put(span.getSpanId(), span.getName()));
    Map<String, String> parents = new TreeMap<>();
    spans.forEach(
        span -> parents.put(span.getName(), names.getOrDefault(span.getParentSpanId(), "none")));
    return parents;
  }

  private void program() throws Exception {
    inSpan(
        "around",
        () ->
            Asyncio.run(() -> {
              Loop loop = Loop.running();
              leaf("main");
              inSpan(
                  "request",
                  () -> {
                    var child =
                        createTask(() -> {
                          leaf("child");
                          inSpan("step", () -> sleep(Duration.ofMillis(1)));
                        });
                    gather(Coro.of(() -> leaf("gathered")), Coro.of(() -> leaf("gathered too")))
                        .await();
                    toThread(() -> {
                      leaf("job");
                      return 0;
                    });
                    var called = new LoopFuture<@Nullable Void>(loop);
                    called.addDoneCallback(_ -> leaf("done"));
                    loop.callSoon(() -> {
                      leaf("callback");
                      called.setResult(null);
                    });
                    called.await();
                    child.await();
                  });
              var other = createTask(() -> inSpan("other", () -> sleep(Duration.ofMillis(1))));
              toThread(() -> {
                inSpan("foreign", () -> submit(loop));
                return 0;
              });
              other.await();
              leaf("main again");
            }));
    leaf("after");
  }

  private void submit(Loop loop) throws InterruptedException, ExecutionException {
    var body = Coro.of(() -> leaf("submitted"));
    runCoroutineThreadsafe(body, loop).get();
  }

  private static final Map<String, String> PARENTS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("around", "none"),
              Map.entry("main", "around"),
              Map.entry("request", "around"),
              Map.entry("child", "request"),
              Map.entry("step", "request"),
              Map.entry("gathered", "request"),
              Map.entry("gathered too", "request"),
              Map.entry("job", "request"),
              Map.entry("done", "request"),
              Map.entry("callback", "request"),
              Map.entry("other", "around"),
              Map.entry("foreign", "around"),
              Map.entry("submitted", "foreign"),
              Map.entry("main again", "around"),
              Map.entry("after", "none")));

  @Test
  void openTelemetry_spansHaveTheirParents() throws Exception {
    register(new OpenTelemetryPropagator());

    program();

    assertThat(parents()).isEqualTo(PARENTS);
  }

  @Test
  void openTelemetry_throughMicrometersRegistry_spansHaveTheirParents() throws Exception {
    registerAccessor(
        "opentelemetry",
        () ->
            ContextRegistry.getInstance()
                .registerThreadLocalAccessor(
                    "opentelemetry",
                    Context::current,
                    context -> ContextStorage.get().attach(context),
                    () -> ContextStorage.get().attach(Context.root())));

    program();

    assertThat(parents()).isEqualTo(PARENTS);
  }

  /// {@return what a program finds in a logger's context, where it sets "user" by `put`}
  private static List<@Nullable String> usersSeen(Put put, Look look) {
    List<@Nullable String> seen =
        Collections.synchronizedList(new ArrayList<>()); // two threads look
    Asyncio.run(() -> {
      Loop loop = Loop.running();
      put.user("alice");
      var child =
          createTask(() -> {
            seen.add(look.user());
            put.user("bob");
            sleep(Duration.ofMillis(1));
            seen.add(look.user());
          });
      toThread(() -> seen.add(look.user()));
      loop.callSoon(() -> seen.add(look.user()));
      put.user("carol");
      child.await();
      seen.add(look.user());
    });
    return seen;
  }

  @FunctionalInterface
  private interface Put {
    void user(String name);
  }

  @FunctionalInterface
  private interface Look {
    @Nullable String user();
  }

  @Test
  void mdcOfLogback_follows() {
    register(new MdcPropagator());

    List<@Nullable String> seen = usersSeen(name -> MDC.put("user", name), () -> MDC.get("user"));

    assertThat(seen).containsExactlyInAnyOrder("alice", "alice", "alice", "bob", "carol");
    assertThat(MDC.get("user")).isNull();
  }

  @Test
  void mdcOfLogback_throughMicrometersRegistry_follows() {
    registerAccessor(
        Slf4jThreadLocalAccessor.KEY,
        () ->
            ContextRegistry.getInstance()
                .registerThreadLocalAccessor(new Slf4jThreadLocalAccessor()));

    List<@Nullable String> seen = usersSeen(name -> MDC.put("user", name), () -> MDC.get("user"));

    assertThat(seen).containsExactlyInAnyOrder("alice", "alice", "alice", "bob", "carol");
    assertThat(MDC.get("user")).isNull();
  }

  @Test
  void threadContextOfLog4j_follows() {
    register(new Log4jPropagator());

    List<@Nullable String> seen =
        usersSeen(name -> ThreadContext.put("user", name), () -> ThreadContext.get("user"));

    assertThat(seen).containsExactlyInAnyOrder("alice", "alice", "alice", "bob", "carol");
    assertThat(ThreadContext.get("user")).isNull();
  }
}
