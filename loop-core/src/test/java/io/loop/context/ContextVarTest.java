package io.loop.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.testing.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

final class ContextVarTest {

  private final ContextVar<String> color = ContextVar.of("color");
  private final ContextVar<String> shape = ContextVar.of("shape", "round");
  private final List<String> log = new ArrayList<>();

  /// Runs each test in a context of its own.
  private void inside(Runnable body) {
    Context.copyCurrent().run(body);
  }

  @Test
  void get_notSetAndNoDefault_isRefused() {
    assertThatThrownBy(color::get)
        .isInstanceOf(NoSuchElementException.class)
        .hasMessageContaining("color");
  }

  @Test
  void get_notSet_givesDefaultOrFallback() {
    assertThat(shape.get()).isEqualTo("round");
    assertThat(shape.get("square")).isEqualTo("square");
    assertThat(color.get("red")).isEqualTo("red");
  }

  @Test
  void set_inAContext_isSeenThereAndNotOutside() {
    inside(() -> {
      color.set("red");
      log.add(color.get());
    });

    assertThat(log).containsExactly("red");
    assertThat(color.get("unset")).isEqualTo("unset");
  }

  @Test
  void set_null_isAValue() {
    inside(() -> {
      shape.set(null);

      assertThat(shape.get()).isNull();
      assertThat(shape.get("fallback")).isNull();
    });
  }

  @Test
  void set_severalVariables_keepsThemApart() {
    inside(() -> {
      color.set("red");
      shape.set("square");
      color.set("blue");

      assertThat(color.get()).isEqualTo("blue");
      assertThat(shape.get()).isEqualTo("square");
    });
  }

  @Test
  void reset_bringsBackTheValueBefore() {
    inside(() -> {
      color.set("red");
      ContextVar.Token<String> token = color.set("blue");

      color.reset(token);

      assertThat(color.get()).isEqualTo("red");
      assertThat(token.variable()).isSameAs(color);
    });
  }

  @Test
  void reset_toUnset_unsetsItAndLeavesTheOthers() {
    inside(() -> {
      ContextVar.Token<String> token = color.set("red");
      shape.set("square");

      color.reset(token);

      assertThat(color.get("unset")).isEqualTo("unset");
      assertThat(shape.get()).isEqualTo("square");
    });
  }

  @Test
  void reset_twice_isRefused() {
    inside(() -> {
      ContextVar.Token<String> token = color.set("red");
      color.reset(token);

      assertThatThrownBy(() -> color.reset(token)).isInstanceOf(IllegalStateException.class);
    });
  }

  @Test
  void reset_tokenOfAnotherVariable_isRefused() {
    inside(() -> {
      ContextVar.Token<String> token = color.set("red");

      assertThatThrownBy(() -> shape.reset(token)).isInstanceOf(IllegalArgumentException.class);
    });
  }

  @Test
  void reset_tokenOfAnotherContext_isRefused() {
    inside(() -> {
      ContextVar.Token<String> token = color.set("red");

      inside(() ->
          assertThatThrownBy(() -> color.reset(token))
              .isInstanceOf(IllegalArgumentException.class));
      assertThat(color.get()).isEqualTo("red");
    });
  }

  @Test
  void contextRun_nested_eachSeesItsOwn() {
    Context inner = Context.copyCurrent();

    inside(() -> {
      color.set("outer");
      inner.run(() -> {
        color.set("inner");
        log.add(color.get());
      });
      log.add(color.get());
    });

    assertThat(log).containsExactly("inner", "outer");
    assertThat(inner.get(color)).isEqualTo("inner");
  }

  @Test
  void contextRun_whoseBodyThrows_restoresTheOuter() {
    inside(() -> {
      color.set("outer");
      assertThatThrownBy(() ->
              inside(() -> {
                color.set("inner");
                throw new IllegalArgumentException("bad");
              }))
          .isInstanceOf(IllegalArgumentException.class);

      assertThat(color.get()).isEqualTo("outer");
    });
  }

  @Test
  void contextRun_entered_isRefused() {
    Context context = Context.copyCurrent();

    context.run(() ->
        assertThatThrownBy(() -> context.run(() -> {}))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("already entered"));
  }

  @Test
  void contextRun_again_seesWhatTheFirstRunSet() {
    Context context = Context.copyCurrent();
    context.run(() -> color.set("red"));

    context.run(() -> log.add(color.get()));

    assertThat(log).containsExactly("red");
  }

  @Test
  void copy_isIndependent() {
    inside(() -> {
      color.set("red");
      Context copy = Context.copyCurrent();
      color.set("blue");

      copy.run(() -> color.set("green"));

      assertThat(color.get()).isEqualTo("blue");
      assertThat(copy.get(color)).isEqualTo("green");
      assertThat(copy.copy().get(color)).isEqualTo("green");
    });
  }

  @Test
  void set_onAnotherThread_isNotSeenHere() {
    Threads.onThread(() -> color.set("red"));

    assertThat(color.get("unset")).isEqualTo("unset");
  }

  @Test
  void toString_tellsTheName() {
    assertThat(color).hasToString("<ContextVar color>");
    assertThat(color.name()).isEqualTo("color");
  }
}
