package io.loop.context;

import io.loop.context.ContextPropagator.Scope;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// An immutable set of propagators of this JVM.
final class Propagators {

  /*
   * `active` is null while there are none, so programs without propagators only pay for one field
   * read. A set of propagators never changes; registering replaces it. A snapshot knows its set,
   * and may be restored by another one, which clears the values that the snapshot does not have.
   *
   * An exception of a propagator must not reach the loop, whose own callbacks carry values too, for
   * example the one that ends a run. It is logged.
   */

  /// Captured values: one for each member of a set, null for those that had none.
  static final class Snapshot {
    private final Propagators by;
    private final @Nullable Object[] values;

    Snapshot(Propagators by, @Nullable Object[] values) {
      this.by = by;
      this.values = values;
    }

    @Nullable Object of(ContextPropagator<?> member) {
      int index = by.members.indexOf(member);
      return index < 0 ? null : values[index];
    }
  }

  private static final System.Logger LOG = System.getLogger("io.loop");

  private static final Set<ContextPropagator<?>> LOGGED = ConcurrentHashMap.newKeySet();

  private static volatile @Nullable Propagators active = find();

  private final List<ContextPropagator<?>> members;

  private Propagators(List<ContextPropagator<?>> members) {
    this.members = List.copyOf(members);
  }

  /// {@return the propagators, or null if there are none}
  static @Nullable Propagators active() {
    return active;
  }

  static synchronized Scope add(ContextPropagator<?> propagator) {
    Objects.requireNonNull(propagator, "propagator");
    var more = current();
    more.add(propagator);
    active = new Propagators(more);
    return () -> remove(propagator);
  }

  private static synchronized void remove(ContextPropagator<?> propagator) {
    var fewer = current();
    fewer.remove(propagator);
    LOGGED.remove(propagator);
    active = fewer.isEmpty() ? null : new Propagators(fewer);
  }

  private static List<ContextPropagator<?>> current() {
    Propagators here = active;
    return here == null ? new ArrayList<>() : new ArrayList<>(here.members);
  }

  /// {@return values that carry those of the calling thread}
  static ContextValues captureInto(ContextValues values) {
    Propagators here = active;
    return here == null ? values : values.carrying(here.capture());
  }

  private @Nullable Snapshot capture() {
    @Nullable Object[] captured = null;
    for (int i = 0; i < members.size(); i++) {
      Object value = captureOne(members.get(i));
      if (value != null) {
        captured = captured == null ? new @Nullable Object[members.size()] : captured;
        captured[i] = value;
      }
    }
    return captured == null ? null : new Snapshot(this, captured);
  }

  private static @Nullable Object captureOne(ContextPropagator<?> member) {
    try {
      return member.capture();
    } catch (Throwable fault) {
      log(member, fault);
      return null;
    }
  }

  /// Restores captured values on the calling thread, and clears those that were not captured.
  ///
  /// @return a scope that restores the previous values, or null if there is nothing to restore
  static @Nullable Scope restore(@Nullable Snapshot snapshot) {
    Propagators here = active;
    return here == null ? null : here.restoreAll(snapshot);
  }

  private @Nullable Scope restoreAll(@Nullable Snapshot snapshot) {
    if (members.size() == 1) {
      return restoreOne(members.getFirst(), snapshot);
    }
    @Nullable Scope[] scopes = new @Nullable Scope[members.size()];
    for (int i = 0; i < scopes.length; i++) {
      scopes[i] = restoreOne(members.get(i), snapshot);
    }
    return () -> {
      for (int i = scopes.length - 1; i >= 0; i--) {
        if (scopes[i] != null) {
          scopes[i].close();
        }
      }
    };
  }

  @SuppressWarnings("unchecked") // a member gets the values that it has captured
  private static <S> @Nullable Scope restoreOne(
      ContextPropagator<S> member, @Nullable Snapshot snapshot) {
    try {
      Scope scope = member.restore(snapshot == null ? null : (S) snapshot.of(member));
      return scope == null ? null : () -> close(member, scope);
    } catch (Throwable fault) {
      log(member, fault);
      return null;
    }
  }

  private static void close(ContextPropagator<?> member, Scope scope) {
    try {
      scope.close();
    } catch (Throwable fault) {
      log(member, fault);
    }
  }

  private static void log(ContextPropagator<?> member, Throwable fault) {
    if (fault instanceof VirtualMachineError exhausted) {
      throw exhausted; // not a failure of the propagator
    }
    Level level = LOGGED.add(member) ? Level.ERROR : Level.DEBUG;
    LOG.log(
        level,
        () -> "The context propagator " + member + " failed; its values are not propagated here",
        fault);
  }

  private static @Nullable Propagators find() {
    List<ContextPropagator<?>> found = new ArrayList<>();
    ContextPropagator<?> micrometer = micrometer();
    if (micrometer != null) {
      found.add(micrometer);
    }
    addProvided(found);
    return found.isEmpty() ? null : new Propagators(found);
  }

  private static @Nullable ContextPropagator<?> micrometer() {
    try {
      return new MicrometerPropagator();
    } catch (NoClassDefFoundError absent) {
      return null; // an optional dependency
    }
  }

  /// A propagator that cannot be created must not prevent loops from running.
  @SuppressWarnings("rawtypes") // a class literal has no type arguments
  private static void addProvided(List<ContextPropagator<?>> found) {
    Iterator<ContextPropagator> provided =
        ServiceLoader.load(ContextPropagator.class, Propagators.class.getClassLoader()).iterator();
    while (true) {
      try {
        if (!provided.hasNext()) {
          return;
        }
        found.add(provided.next());
      } catch (ServiceConfigurationError fault) {
        LOG.log(Level.ERROR, "A context propagator cannot be created, and is ignored", fault);
      }
    }
  }
}
