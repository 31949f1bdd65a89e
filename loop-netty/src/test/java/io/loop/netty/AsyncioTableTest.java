package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.docs.AsyncioTable;
import org.junit.jupiter.api.Test;

/// The names that loop-core's test of the same name cannot see.
final class AsyncioTableTest {

  @Test
  void names_ofThisModuleAndOfNetty_exist() {
    assertThat(AsyncioTable.ofThisRepository().wrongNames(name -> name.startsWith("io.")))
        .isEmpty();
  }
}
