package io.loop.libraries;

import static io.loop.Asyncio.runCoroutineThreadsafe;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.netty.LoopGroup;
import io.loop.task.Coro;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/// A group of loops as a bean of a Spring Boot application.
final class SpringBootTest extends InCoroutines {

  /// Something that a task uses to its end, as a pool of connections is.
  static final class Pool implements AutoCloseable {
    private volatile boolean isClosed;

    @Override
    public void close() {
      isClosed = true;
    }
  }

  private static ConfigurableApplicationContext start(Class<?> configuration) {
    return new SpringApplicationBuilder(configuration)
        .web(WebApplicationType.NONE)
        .bannerMode(Banner.Mode.OFF)
        .logStartupInfo(false)
        .run();
  }

  private static List<String> log(ConfigurableApplicationContext context) throws Exception {
    List<String> log = new CopyOnWriteArrayList<>();
    var started = new CompletableFuture<@Nullable Void>();
    Pool pool = context.getBean(Pool.class);
    var _ =
        runCoroutineThreadsafe(
            Coro.of(() -> {
              started.complete(null);
              try {
                Asyncio.sleep(Duration.ofDays(1));
              } finally {
                log.add(pool.isClosed ? "too late" : "in time");
              }
            }),
            context.getBean(LoopGroup.class).next());
    get(started);
    context.close(); // what SIGTERM does
    return log;
  }

  /// Spring closes a bean before those it was made from, and after those made later.
  @Configuration(proxyBeanMethods = false)
  static class Unrelated {
    @Bean
    LoopGroup loops() {
      return new LoopGroup(1);
    }

    @Bean
    Pool pool() {
      return new Pool();
    }
  }

  @Test
  void close_groupThatNamesNothing_mayComeAfterWhatItsTasksUse() throws Exception {
    assertThat(log(start(Unrelated.class))).containsExactly("too late");
  }

  @Configuration(proxyBeanMethods = false)
  static class Loops {
    @Bean
    Pool pool() {
      return new Pool();
    }

    // recipe: spring-boot
    @Bean // closed with the context: tasks are cancelled, and their clean-up is waited for
    LoopGroup loops(Pool pool) { // a pool that the tasks use is closed after the group
      return new LoopGroup(2);
    }
    // end
  }

  @Test
  void close_groupThatNamesWhatItsTasksUse_comesFirst() throws Exception {
    assertThat(log(start(Loops.class))).containsExactly("in time");
  }
}
