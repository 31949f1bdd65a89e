package io.loop.netty;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// What the Netty module may use of the core, and of the clock.
class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.loop.netty");

  @Test
  void classes_areImported() {
    assertThat(CLASSES.size()).isGreaterThan(10);
  }

  @Test
  void netty_usesNeitherCarriersNorTheTestingKit() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.loop.coroutine", "io.loop.testing")
        .check(CLASSES);
  }

  @Test
  void nobodyButThePoller_readsTheTime() {
    noClasses()
        .that()
        .doNotHaveSimpleName("NettyPoller")
        .should()
        .callMethod(System.class, "nanoTime")
        .check(CLASSES);
  }
}
