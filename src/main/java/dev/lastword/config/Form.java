package dev.lastword.config;

import java.net.Inet6Address;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a value is written.
 *
 * @param allowed what may be written, in words for the user
 * @param reader makes the value of its text, or throws an {@link IllegalArgumentException} whose message says what is wrong with it,
 *     going on after the value
 */
record Form<T>(String allowed, Function<String, T> reader) {
  private static final Pattern NUMBER = Pattern.compile("-?\\d{1,18}");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h)");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,12})(KiB|MiB|GiB|)");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9._-]{0,253})");
  private static final Pattern ERROR = Pattern.compile("(\\S+) +(\\S+)");
  private static final Pattern ADDRESS =
      Pattern.compile("(?:\\[([^\\]]*)\\]|([^:\\[\\]]*)):([^:]*)");

  /** What every bind address may look like. */
  static final String BIND = "host:port, [IPv6 address]:port or unix:/path";

  T read(String text) {
    return reader.apply(text);
  }

  static Form<Integer> number(Range range) {
    return new Form<>(
        range.toString(),
        text -> {
          if (!NUMBER.matcher(text).matches()) {
            throw new IllegalArgumentException("is not a whole number");
          }
          return (int) range.check(Long.parseLong(text));
        });
  }

  static Form<Duration> duration(Range range) {
    return new Form<>(
        range.toString(),
        text -> {
          Matcher m = DURATION.matcher(text);
          if (!m.matches()) {
            throw new IllegalArgumentException(
                "is not a time: a number and one of ms, s, m, h, such as "
                    + range.show(range.max()));
          }
          long unit =
              switch (m.group(2)) {
                case "ms" -> 1;
                case "s" -> 1_000;
                case "m" -> 60_000;
                case "h" -> 3_600_000;
                default -> throw new IllegalStateException(m.group(2));
              };
          return Duration.ofMillis(range.check(Long.parseLong(m.group(1)) * unit));
        });
  }

  static Form<Integer> size(Range range) {
    return new Form<>(
        range.toString(),
        text -> {
          Matcher m = SIZE.matcher(text);
          if (!m.matches()) {
            throw new IllegalArgumentException(
                "is not a size: a number, of bytes or with one of KiB, MiB, GiB, such as "
                    + range.show(range.max()));
          }
          int shift =
              switch (m.group(2)) {
                case "KiB" -> 10;
                case "MiB" -> 20;
                case "GiB" -> 30;
                default -> 0;
              };
          return (int) range.check(Math.multiplyExact(Long.parseLong(m.group(1)), 1L << shift));
        });
  }

  /** Yes or no. */
  static Form<Boolean> bool() {
    return new Form<>(
        "true, false",
        text ->
            switch (text) {
              case "true" -> true;
              case "false" -> false;
              default -> throw new IllegalArgumentException("is neither");
            });
  }

  /** One of an enum's constants by its name. */
  static <E extends Enum<E>> Form<E> upperCase(Class<E> type) {
    return oneOf(type, Enum::name);
  }

  /** One of an enum's constants by its name in lower case with hyphens. */
  static <E extends Enum<E>> Form<E> lowerCase(Class<E> type) {
    return oneOf(type, Form::spelled);
  }

  /** An enum's constant as keys and values spell it: in lower case with hyphens. */
  static String spelled(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static <E extends Enum<E>> Form<E> oneOf(Class<E> type, Function<E, String> spelling) {
    E[] all = type.getEnumConstants();
    return new Form<>(
        String.join(", ", Arrays.stream(all).map(spelling).toList()),
        text ->
            Arrays.stream(all)
                .filter(e -> spelling.apply(e).equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("is not known")));
  }

  /** An error of the classic protocol: its code and its SQLSTATE. */
  static Form<ErrorCode> errorCode() {
    return new Form<>(
        "a code (1 to 65534, not 2000 to 2999) and a SQLSTATE, such as 1053 08S01",
        text -> {
          Matcher m = ERROR.matcher(text);
          if (!m.matches()) {
            throw new IllegalArgumentException("is not a code and a SQLSTATE");
          }
          int code;
          try {
            code = number(ErrorCode.CODES).read(m.group(1));
          } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("has a code that " + e.getMessage(), e);
          }
          if (ErrorCode.isOfClientLibrary(code)) {
            throw new IllegalArgumentException(
                "has a code that no server sends: 2000 to 2999 are the client libraries' own");
          }
          if (!ErrorCode.isSqlState(m.group(2))) {
            throw new IllegalArgumentException(
                "has a SQLSTATE that is not five of 0-9 and A-Z, or begins with 00, which means success");
          }
          return new ErrorCode(code, m.group(2));
        });
  }

  /** A name that stands in log lines and in other keys. */
  static Form<String> name() {
    return matching(
        NAME, "1 to 64 of the letters A-Z a-z, digits and . _ - beginning with a letter or digit");
  }

  /** The name of an account on a server, which may hold 32 characters. */
  static Form<String> user() {
    return matching(
        Pattern.compile("[^\\x00]{1,32}"), "the name of an account, 1 to 32 characters");
  }

  /** The name of an environment variable. */
  static Form<String> variable() {
    return matching(Pattern.compile("[^=\\s]+"), "the name of an environment variable");
  }

  private static Form<String> matching(Pattern pattern, String allowed) {
    return new Form<>(
        allowed,
        text -> {
          if (!pattern.matcher(text).matches()) {
            throw new IllegalArgumentException("is not possible here");
          }
          return text;
        });
  }

  /** A host name or an address, IPv6 with or without brackets; without brackets in the result. */
  static Form<String> host() {
    return new Form<>("a host name, an IPv4 address or an IPv6 address", Form::readHost);
  }

  private static String readHost(String text) {
    String bare =
        text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
    if (isIpv6(bare) || (bare.equals(text) && HOST.matcher(text).matches())) {
      return bare;
    }
    throw new IllegalArgumentException(
        text.indexOf(':') >= 0 && text.indexOf(':') == text.lastIndexOf(':')
            ? "is not a host: a port does not belong here"
            : "is not a host");
  }

  /** Without Netty, whose own check looks at the machine's network first and starts the log. */
  private static boolean isIpv6(String text) {
    int zone = text.indexOf('%');
    String address = zone < 0 ? text : text.substring(0, zone);
    if (address.indexOf(':') < 0 || address.indexOf('[') >= 0 || zone == text.length() - 1) {
      return false;
    }
    try {
      Inet6Address.ofLiteral(address);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** A range of addresses. */
  static Form<Network> network() {
    return new Form<>(
        "an IPv4 or IPv6 address, with a prefix such as 10.0.0.0/8 or without one", Network::of);
  }

  /** Where a listener accepts clients. Relative socket paths are resolved against the folder. */
  static Form<Endpoint> bind(Path folder) {
    return new Form<>(
        BIND,
        text -> {
          if (text.startsWith("unix:")) {
            return socket(folder).read(text.substring("unix:".length()));
          }
          return readAddress(text);
        });
  }

  /** Where operators are listened to. */
  static Form<Endpoint.Tcp> address() {
    return new Form<>("host:port or [IPv6 address]:port", Form::readAddress);
  }

  private static Endpoint.Tcp readAddress(String text) {
    Matcher m = ADDRESS.matcher(text);
    if (!m.matches()) {
      throw new IllegalArgumentException("is not an address with a port");
    }
    if (m.group(1) != null && !isIpv6(m.group(1))) {
      throw new IllegalArgumentException("is not an IPv6 address between its brackets");
    }
    String host = readHost(m.group(1) != null ? m.group(1) : m.group(2));
    try {
      return new Endpoint.Tcp(host, number(Endpoint.Tcp.PORT_TO_BIND).read(m.group(3)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("has a port that " + e.getMessage(), e);
    }
  }

  /** The path of a Unix domain socket. */
  static Form<Endpoint> socket(Path folder) {
    return new Form<>(
        "a path of at most " + Endpoint.Unix.LONGEST + " bytes",
        text -> {
          Path path = resolve(folder, text);
          try {
            return new Endpoint.Unix(path);
          } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("is too long: " + e.getMessage(), e);
          }
        });
  }

  /** A file that is there and can be read. */
  static Form<Path> readableFile(Path folder) {
    return new Form<>(
        "a file that can be read",
        text -> {
          Path file = resolve(folder, text);
          String seen = file.toString().equals(text) ? "" : " (looked for " + file + ")";
          if (!Files.exists(file)) {
            throw new IllegalArgumentException("does not exist" + seen);
          }
          if (Files.isDirectory(file)) {
            throw new IllegalArgumentException("is a directory" + seen);
          }
          if (!Files.isReadable(file)) {
            throw new IllegalArgumentException("cannot be read: permission denied" + seen);
          }
          return file;
        });
  }

  /** A directory that is there or can be made later. */
  static Form<Path> directory(Path folder) {
    return new Form<>(
        "a directory, which is made if need be",
        text -> {
          Path path = resolve(folder, text);
          if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new IllegalArgumentException("is not a directory");
          }
          return path;
        });
  }

  private static Path resolve(Path folder, String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("is empty");
    }
    try {
      return folder.resolve(text).normalize();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("is not a path", e);
    }
  }
}
