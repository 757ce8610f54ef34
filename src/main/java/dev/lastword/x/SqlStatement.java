package dev.lastword.x;

import io.netty.buffer.ByteBuf;

/**
 * The first words of a SQL statement, read far enough to know its {@link Effect} and no further: a scanner over the bytes
 * as they lie in the message, which makes no objects. One instance serves any number of statements, one after the other.
 *
 * <p>The bytes are taken as ASCII where it matters; all character sets that a session can have as character_set_client agree
 * with ASCII there. Comments, executable comments, quoting and letter case are the server's. A statement that is no SQL gets
 * some effect; the server's Error then says that nothing happened.
 */
final class SqlStatement {

  private static final int END = 0;
  private static final int WORD = 1;
  private static final int QUOTED = 2;
  private static final int OTHER = 3;

  /** Executable comments with this version or above are never code: no MySQL has it, and dumps use it for "never". */
  private static final int NO_SUCH_VERSION = 99999;

  private static final int MAX_DEPTH = Long.SIZE;

  @SuppressWarnings("NullAway.Init") // of() sets it first
  private ByteBuf bytes;

  private int next;
  private int limit;
  private boolean inExecutableComment;

  // The current token: its kind, first byte and the byte behind it.
  private int kind;
  private int from;
  private int to;

  /**
   * What a statement does.
   *
   * @param sql the buffer that holds it; indexes are not moved
   * @param index of its first byte
   * @param end of the bytes that are there
   * @param cut true if the statement goes on behind {@code end}
   */
  Effect effect(ByteBuf sql, int index, int end, boolean cut) {
    bytes = sql;
    next = index;
    limit = end;
    inExecutableComment = false;
    do {
      advance();
    } while (kind == OTHER && symbol() == '(');
    return kind == WORD ? statement(cut) : Effect.NONE;
  }

  private Effect statement(boolean cut) {
    return switch (lower(bytes.getByte(from))) {
      case 'a' -> is("alter") || is("analyze") ? Effect.IMPLICIT_COMMIT : Effect.NONE;
      case 'b' -> is("begin") ? Effect.BEGIN : is("binlog") ? Effect.UNKNOWN : Effect.NONE;
      case 'c' -> c();
      case 'd' -> d(cut);
      case 'e' -> is("execute") ? Effect.UNKNOWN : is("explain") ? explain(cut) : Effect.NONE;
      case 'f' -> is("flush") ? Effect.IMPLICIT_COMMIT : Effect.NONE;
      case 'g' -> is("grant") ? Effect.IMPLICIT_COMMIT : Effect.NONE;
      case 'h' -> is("handler") ? handler() : Effect.NONE;
      case 'i' ->
          is("insert")
              ? Effect.MAY_START
              : is("install") || is("import") ? Effect.IMPLICIT_COMMIT : Effect.NONE;
      case 'l' -> l();
      case 'o' -> is("optimize") ? Effect.IMPLICIT_COMMIT : Effect.NONE;
      case 'r' -> r();
      case 's' -> s(cut);
      case 't' ->
          is("table") ? Effect.MAY_START : is("truncate") ? Effect.IMPLICIT_COMMIT : Effect.NONE;
      case 'u' -> u();
      case 'v' -> is("values") ? reads(false, cut) : Effect.NONE;
      case 'w' -> is("with") ? Effect.MAY_START : Effect.NONE;
      case 'x' -> is("xa") ? xa() : Effect.NONE;
      default -> Effect.NONE;
    };
  }

  private Effect c() {
    if (is("call")) {
      return Effect.UNKNOWN;
    }
    if (is("commit")) {
      return ending(Effect.COMMIT, Effect.COMMIT_AND_CHAIN);
    }
    if (is("create")) {
      advance();
      if (is("or")) {
        advance();
        advance();
      }
      return is("temporary") ? Effect.MAY_START : Effect.IMPLICIT_COMMIT;
    }
    if (is("checksum")) {
      return Effect.MAY_START;
    }
    return is("cache") || is("change") || is("check") || is("clone")
        ? Effect.IMPLICIT_COMMIT
        : Effect.NONE;
  }

  private Effect d(boolean cut) {
    if (is("delete") || is("desc") || is("describe")) {
      return is("delete") ? Effect.MAY_START : explain(cut);
    }
    if (is("do")) {
      return reads(false, cut);
    }
    if (is("drop")) {
      advance();
      return is("temporary")
          ? Effect.MAY_START
          : is("prepare") ? Effect.NONE : Effect.IMPLICIT_COMMIT;
    }
    return Effect.NONE;
  }

  private Effect explain(boolean cut) {
    advance();
    return is("select") ? reads(true, cut) : Effect.MAY_START;
  }

  /** HANDLER table OPEN, READ or CLOSE, of which only READ counts. */
  private Effect handler() {
    advance();
    advance();
    while (kind == OTHER && symbol() == '.') {
      advance();
      advance();
    }
    return is("read") ? Effect.MAY_START : Effect.NONE;
  }

  private Effect l() {
    if (is("load")) {
      advance();
      return is("index") ? Effect.IMPLICIT_COMMIT : Effect.MAY_START;
    }
    if (is("lock")) {
      advance();
      return is("tables") || is("table") ? Effect.LOCK_TABLES : Effect.NONE;
    }
    return Effect.NONE;
  }

  private Effect r() {
    if (is("replace")) {
      return Effect.MAY_START;
    }
    if (is("rollback")) {
      return ending(Effect.ROLLBACK, Effect.ROLLBACK_AND_CHAIN);
    }
    if (is("reset")) {
      advance();
      return is("persist") ? Effect.NONE : Effect.IMPLICIT_COMMIT;
    }
    return is("rename") || is("repair") || is("revoke") ? Effect.IMPLICIT_COMMIT : Effect.NONE;
  }

  private Effect s(boolean cut) {
    if (is("select")) {
      return reads(true, cut);
    }
    if (is("set")) {
      return set(cut);
    }
    if (is("show")) {
      return show();
    }
    if (is("start")) {
      advance();
      return is("transaction") ? Effect.BEGIN : replica();
    }
    if (is("stop")) {
      advance();
      return replica();
    }
    return Effect.NONE;
  }

  private Effect replica() {
    // START GROUP_REPLICATION is refused inside a transaction instead of ending it.
    return is("replica") || is("slave") ? Effect.IMPLICIT_COMMIT : Effect.NONE;
  }

  private Effect u() {
    if (is("update")) {
      return Effect.MAY_START;
    }
    if (is("unlock")) {
      advance();
      return is("tables") || is("table") ? Effect.UNLOCK_TABLES : Effect.NONE;
    }
    return is("uninstall") ? Effect.IMPLICIT_COMMIT : Effect.NONE;
  }

  private Effect xa() {
    advance();
    if (is("start") || is("begin")) {
      return Effect.XA_START;
    }
    return is("prepare") || is("commit") || is("rollback") ? Effect.XA_FINISH : Effect.NONE;
  }

  /** COMMIT or ROLLBACK: {@code [WORK] [AND [NO] CHAIN] [[NO] RELEASE]}, or {@code ROLLBACK [WORK] TO}. */
  private Effect ending(Effect plain, Effect chained) {
    advance();
    if (is("work")) {
      advance();
    }
    if (is("to")) {
      return Effect.NONE;
    }
    if (is("and")) {
      advance();
      return is("chain") ? chained : plain;
    }
    return plain;
  }

  /** The SHOW statements that the server makes into a query of the data dictionary, which starts a transaction. */
  private Effect show() {
    do {
      advance();
    } while (is("full") || is("extended"));
    if (is("create")) {
      advance();
      return is("user") ? Effect.MAY_START : Effect.NONE;
    }
    return is("tables")
            || is("columns")
            || is("fields")
            || is("index")
            || is("indexes")
            || is("keys")
            || is("databases")
            || is("schemas")
            || is("table")
            || is("triggers")
            || is("events")
            || is("procedure")
            || is("function")
            || is("character")
            || is("charset")
            || is("collation")
        ? Effect.MAY_START
        : Effect.NONE;
  }

  /**
   * Does an expression or a SELECT name a table? FROM says so, but only in a query: {@code EXTRACT(YEAR FROM x)} is none.
   * One bit per depth of parentheses tells whether that depth is a query.
   */
  private Effect reads(boolean query, boolean cut) {
    long queries = query ? 1 : 0;
    int depth = 0;
    boolean opened = false;
    for (advance(); kind != END; advance()) {
      if (kind == OTHER) {
        switch (symbol()) {
          case '(' -> {
            depth++;
            if (depth == MAX_DEPTH) {
              return Effect.MAY_START;
            }
            queries &= ~(1L << depth);
            opened = true;
            continue;
          }
          case ')' -> depth = Math.max(0, depth - 1);
          default -> {}
        }
      } else if (kind == WORD) {
        if (opened && (is("select") || is("with"))) {
          queries |= 1L << depth;
        } else if (opened && is("table")) {
          return Effect.MAY_START;
        } else if (is("from") && (queries & (1L << depth)) != 0) {
          advance();
          if (kind == OTHER && symbol() == '(') {
            depth++;
            if (depth == MAX_DEPTH) {
              return Effect.MAY_START;
            }
            queries &= ~(1L << depth);
            opened = true;
            continue;
          }
          if (!is("dual") && !named("performance_schema")) {
            return Effect.MAY_START;
          }
        }
      }
      opened = false;
    }
    return cut ? Effect.MAY_START : Effect.NONE;
  }

  /** SET, a list of assignments of which only those to the session's autocommit count. */
  private Effect set(boolean cut) {
    int start = next;
    boolean executable = inExecutableComment;
    advance();
    if (is("password")) {
      return Effect.IMPLICIT_COMMIT;
    }
    if (is("default")) { // SET DEFAULT ROLE
      return Effect.IMPLICIT_COMMIT;
    }
    Effect effect = Effect.NONE;
    boolean session = true;
    while (true) {
      // Without a keyword of its own an assignment has the scope of the last one that had.
      if (is("session") || is("local")) {
        session = true;
        advance();
      } else if (is("global") || is("persist") || is("persist_only")) {
        session = false;
        advance();
      }
      effect = assignment(session, effect);
      // To the next comma outside parentheses.
      int depth = 0;
      while (kind != END && !(depth == 0 && kind == OTHER && symbol() == ',')) {
        if (kind == OTHER) {
          depth += symbol() == '(' ? 1 : symbol() == ')' ? -1 : 0;
        }
        advance();
      }
      if (kind == END) {
        break;
      }
      advance();
    }
    if (effect != Effect.NONE) {
      return effect;
    }
    next = start;
    inExecutableComment = executable;
    return reads(false, cut);
  }

  /** One assignment, read up to its value. */
  private Effect assignment(boolean sessionScope, Effect before) {
    boolean session = sessionScope;
    if (kind == OTHER && symbol() == '@') {
      advance();
      if (!(kind == OTHER && symbol() == '@')) {
        return before; // a user variable
      }
      advance();
      session = true;
      if (is("session") || is("local")) {
        advance();
        advance(); // the dot
      }
    }
    if (!session || !named("autocommit")) {
      return before;
    }
    advance();
    if (kind == OTHER && symbol() == ':') {
      advance();
    }
    if (!(kind == OTHER && symbol() == '=')) {
      return before;
    }
    advance();
    Effect value = autocommit();
    advance();
    boolean literal = kind == END || (kind == OTHER && symbol() == ',');
    return literal && (before == Effect.NONE || before == value) ? value : Effect.UNKNOWN;
  }

  private Effect autocommit() {
    // DEFAULT is the global value; the session began with it, and it is 1 unless the administrator
    // chose otherwise.
    if (is("1") || named("on") || is("true") || is("default")) {
      return Effect.AUTOCOMMIT_ON;
    }
    return is("0") || named("off") || is("false") ? Effect.AUTOCOMMIT_OFF : Effect.UNKNOWN;
  }

  /** True if the current token is this word, which is lower case, and is not quoted. */
  private boolean is(String word) {
    return kind == WORD && matches(word, from, to);
  }

  /** True if the current token is this word, quoted or not. */
  private boolean named(String word) {
    return is(word) || (kind == QUOTED && matches(word, from + 1, to - 1));
  }

  private boolean matches(String word, int start, int end) {
    if (end - start != word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (lower(bytes.getByte(start + i)) != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private int symbol() {
    return bytes.getByte(from);
  }

  /** Moves to the next token. Behind the last one, and at a semicolon, the kind is END. */
  private void advance() {
    while (next < limit) {
      int c = bytes.getByte(next);
      if (isSpace(c)) {
        next++;
      } else if (c == '#' || (c == '-' && peek(1) == '-' && isSpaceOrEnd(peek(2)))) {
        skipLine();
      } else if (c == '/' && peek(1) == '*') {
        openComment();
      } else if (c == '*' && peek(1) == '/' && inExecutableComment) {
        inExecutableComment = false;
        next += 2;
      } else {
        token(c);
        return;
      }
    }
    kind = END;
    from = limit;
    to = limit;
  }

  private void token(int c) {
    from = next;
    if (isWord(c)) {
      kind = WORD;
      do {
        next++;
      } while (next < limit && isWord(bytes.getByte(next)));
    } else if (c == '\'' || c == '"' || c == '`') {
      kind = QUOTED;
      skipQuoted(c);
    } else if (c == ';') {
      kind = END;
      next = limit;
    } else {
      kind = OTHER;
      next++;
    }
    to = next;
  }

  private void skipQuoted(int quote) {
    next++;
    while (next < limit) {
      int c = bytes.getByte(next++);
      if (c == '\\' && quote != '`') {
        next = Math.min(next + 1, limit);
      } else if (c == quote) {
        if (peek(0) != quote) {
          return;
        }
        next++;
      }
    }
  }

  private void skipLine() {
    int end = bytes.indexOf(next, limit, (byte) '\n');
    next = end < 0 ? limit : end + 1;
  }

  /** At {@code /*}: skips a comment; for an executable one only its opening, so that what it holds is read as code. */
  private void openComment() {
    if (peek(2) == '!') {
      int digits = next + 3;
      int version = 0;
      while (digits < limit && digits < next + 9 && isDigit(bytes.getByte(digits))) {
        version = version * 10 + bytes.getByte(digits) - '0';
        digits++;
      }
      if (version < NO_SUCH_VERSION) {
        inExecutableComment = true;
        next = digits;
        return;
      }
    }
    next += 2;
    while (next < limit && !(bytes.getByte(next) == '*' && peek(1) == '/')) {
      next++;
    }
    next = Math.min(next + 2, limit);
  }

  private int peek(int distance) {
    return next + distance < limit ? bytes.getByte(next + distance) : -1;
  }

  private static boolean isSpace(int c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }

  private static boolean isSpaceOrEnd(int c) {
    return c >= -1 && c <= ' ';
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isWord(int c) {
    // Bytes above 0x7f are negative here and are parts of words, as in the server.
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || isDigit(c)
        || c == '_'
        || c == '$'
        || c < 0;
  }

  private static int lower(int c) {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
  }
}
