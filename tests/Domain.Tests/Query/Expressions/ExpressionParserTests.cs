using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Expressions;

namespace Cairn.Domain.Tests.Query.Expressions;

public sealed class ExpressionParserTests
{
    [Theory]
    [InlineData("born >= 1815", "(GreaterOrEqual @born 1815)")]
    [InlineData("a = 1 AND b <> 2 or not c != 3", "(or (and (Equal @a 1) (NotEqual @b 2)) (not (NotEqual @c 3)))")]
    [InlineData("a AND b AND c", "(and (true @a) (true @b) (true @c))")]
    [InlineData("a and (b or c)", "(and (true @a) (or (true @b) (true @c)))")]
    [InlineData("NOT NOT NOT retired", "(not (true @retired))")]
    [InlineData("NOT (a OR b) AND c", "(and (not (or (true @a) (true @b))) (true @c))")]
    [InlineData("fields CONTAINS 'mathematics'", "(contains @fields 'mathematics')")]
    [InlineData("labels NOT CONTAINS 'person'", "(not (contains Labels 'person'))")]
    [InlineData("name LIKE 'A%'", "(like @name)")]
    [InlineData("died IS NULL", "(null @died)")]
    [InlineData("died is not null", "(not (null @died))")]
    [InlineData("country IN ('GB','FR')", "(in @country 'GB' 'FR')")]
    [InlineData("n NOT IN (1, -2, 2.5, NULL, TRUE)", "(not (in @n 1 -2 2.5 null true))")]
    [InlineData("n BETWEEN 1 AND 5 AND m", "(and (and (GreaterOrEqual @n 1) (LessOrEqual @n 5)) (true @m))")]
    [InlineData("n NOT BETWEEN 1 AND 5", "(not (and (GreaterOrEqual @n 1) (LessOrEqual @n 5)))")]
    [InlineData("createdAt > TIMESTAMP '2026-01-01'", "(Greater CreatedAt 2026-01-01T00:00:00Z)")]
    [InlineData("'2026-01-01' <= createdAt", "(LessOrEqual 2026-01-01T00:00:00Z CreatedAt)")]
    [InlineData("validTo IN ('2026-01-01T12:30:00+02:00')", "(in ValidTo 2026-01-01T10:30:00Z)")]
    [InlineData("born = '2026-01-01'", "(Equal @born '2026-01-01')")]
    [InlineData("born < died", "(Less @born @died)")]
    [InlineData("id='it''s'", "(Equal Id 'it's')")]
    [InlineData("\"any \"\"name\"\"\" = 1", "(Equal @any \"name\" 1)")]
    [InlineData("\"and\" = 1", "(Equal @and 1)")]
    [InlineData("attributes.id = 1", "(Equal @id 1)")]
    [InlineData("attributes.\"a b\".c.d = 1", "(Equal @a b.c.d 1)")]
    [InlineData("address.city = 'London'", "(Equal @address.city 'London')")]
    [InlineData("strength >= 0.5 AND currentStrength<1e0", "(and (GreaterOrEqual Strength 0.5) (Less CurrentStrength 1.0))")]
    [InlineData("n = -9223372036854775808", "(Equal @n -9223372036854775808)")]
    [InlineData("n=1.5e3", "(Equal @n 1500.0)")]
    [InlineData("größe > 1", "(Greater @größe 1)")]
    [InlineData("TRUE", "(true true)")]
    [InlineData("NULL OR FALSE", "(or (true null) (true false))")]
    [InlineData(" \t\r\n a \n", "(true @a)")]
    public void Parse_WhenWellFormed_HasThisStructure(string text, string expected) =>
        Assert.Equal(expected, ExpressionText.Of(ExpressionParser.Parse(text)));

    [Theory]
    [InlineData("", 1, "a name or a value was expected, not the end")]
    [InlineData("born >=", 8, "not the end")]
    [InlineData("born >= 18x", 9, "does not go on with a letter")]
    [InlineData("born => 1", 7, "not '>'")]
    [InlineData("strength >= .5", 13, "not '.'")]
    [InlineData("born = 1 city = 2", 10, "AND, OR or the end was expected, not 'city'")]
    [InlineData("(a OR b", 8, "')' was expected, not the end")]
    [InlineData("a)", 2, "not ')'")]
    [InlineData("a AND", 6, "not the end")]
    [InlineData("a LIKE 5", 8, "a pattern in single quotes")]
    [InlineData(@"a LIKE 'x\y'", 8, @"stands before %, _ or \")]
    [InlineData(@"a LIKE 'x\'", 8, @"stands before %, _ or \")]
    [InlineData("a IN ()", 7, "a value was expected, not ')'")]
    [InlineData("a IN (1,)", 9, "a value")]
    [InlineData("a IN (b)", 7, "a value")]
    [InlineData("a IS 5", 6, "NULL was expected")]
    [InlineData("a NOT = 5", 7, "IN, LIKE, CONTAINS or BETWEEN")]
    [InlineData("a = 'open", 5, "begins here and does not end")]
    [InlineData("\"open = 1", 1, "a name begins here")]
    [InlineData("a ! b", 3, "'!' stands only before '='")]
    [InlineData("a = 1; DROP", 6, "';' does not belong here")]
    [InlineData("a = 😀", 5, "'😀' does not belong here")]
    [InlineData("lower(name) = 'a'", 1, "there is no function 'lower'")]
    [InlineData("id.x = 1", 1, "id has no members")]
    [InlineData("attributes = 1", 12, "'.' was expected")]
    [InlineData("and = 1", 1, "a name or a value was expected, not 'and'")]
    [InlineData("5", 2, "a comparison was expected")]
    [InlineData("'text'", 7, "a comparison")]
    [InlineData("a = 9223372036854775808", 5, "beyond 64 bits")]
    [InlineData("a = -9223372036854775809", 6, "beyond 64 bits")]
    [InlineData("a = 1e400", 5, "a float lies beyond")]
    [InlineData("a = 1e", 5, "exponent has no digits")]
    [InlineData("createdAt > 'yesterday'", 13, "'yesterday' is no instant")]
    [InlineData("createdAt IN ('2026-01-01', '2026-13-01')", 29, "no instant")]
    [InlineData("a > TIMESTAMP 5", 15, "an instant in single quotes")]
    [InlineData("a > TIMESTAMP '2026-01-01T00:00:00'", 15, "no instant")]
    [InlineData("a = - b", 5, "a value was expected, not '-'")]
    public void Parse_WhenMalformed_NamesTheColumn(string text, int column, string message)
    {
        var refusal = Refused(text);

        Assert.StartsWith($"column {column}: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_WhenHalfACharacterStandsInAText_NamesItsColumn()
    {
        Assert.StartsWith("column 6: ", Refused("a = '\ud800'").Message, StringComparison.Ordinal);
        Assert.StartsWith("column 6: ", Refused("\"😀 é\udc00\"").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_WhenTooLongTooDeepOrTooMany_NamesTheLimit()
    {
        var deepest = Limits.ExpressionNesting;
        ExpressionParser.Parse(new string('(', deepest) + "a" + new string(')', deepest));
        Assert.Equal(("limit", deepest), Limit(new string('(', deepest + 1) + "a" + new string(')', deepest + 1)));

        ExpressionParser.Parse("a".PadRight(Limits.ExpressionBytes));
        Assert.Equal(("limit", Limits.ExpressionBytes), Limit("a".PadRight(Limits.ExpressionBytes + 1)));
        Assert.Equal(("limit", Limits.ExpressionBytes), Limit(new string('(', 1 << 20)));

        ExpressionParser.Parse($"a IN ({string.Join(',', Enumerable.Range(0, Limits.Items))})");
        Assert.Equal(("limit", Limits.Items), Limit($"a IN ({string.Join(',', Enumerable.Range(0, Limits.Items + 1))})"));

        ExpressionParser.Parse($"a LIKE '{new string('_', Limits.PatternBytes)}'");
        Assert.Equal(("limit", Limits.PatternBytes), Limit($"a LIKE '{new string('_', Limits.PatternBytes + 1)}'"));

        // Chains are flat, so that their length costs no stack.
        var chain = ExpressionParser.Parse(string.Join(" OR ", Enumerable.Repeat("NOT a", 6000)));
        Assert.Equal(6000, Assert.IsType<Or>(chain).Terms.Count);
        Assert.IsType<IsTrue>(ExpressionParser.Parse(string.Concat(Enumerable.Repeat("NOT ", 10_000)) + "a"));
    }

    [Fact]
    public void Parse_WhenTokensAreRandom_EndsOrIsRefused() => Properties.CheckRandom(2000, random =>
    {
        string[] tokens =
        [
            "a", "born", "id", "attributes", ".", "(", ")", ",", "=", "<>", "!=", "<", "<=", "AND", "OR", "NOT", "IS", "NULL", "IN", "LIKE", "CONTAINS", "BETWEEN",
            "TRUE", "TIMESTAMP", "'x'", "'2026-01-01'", "\"q\"", "1", "-", "2.5", "1e9", "'", "\"", "\\", "%", "é", "\u0000", "\ud800", "*", "+",
        ];
        var text = string.Join(random.Next(3) == 0 ? "" : " ", Enumerable.Range(0, random.Next(1, 14)).Select(_ => tokens[random.Next(tokens.Length)]));
        try
        {
            ExpressionText.Of(ExpressionParser.Parse(text));
        }
        catch (CairnException refusal)
        {
            Assert.Equal((ErrorKind.Invalid, "syntax"), (refusal.Kind, refusal.Problem));
        }
    });

    private static (string? Problem, long? Limit) Limit(string text) => Refused(text) is var refusal ? (refusal.Problem, refusal.Limit) : default;

    private static CairnException Refused(string text)
    {
        var refusal = Assert.Throws<CairnException>(() => ExpressionParser.Parse(text));
        Assert.Equal(ErrorKind.Invalid, refusal.Kind);
        return refusal;
    }
}
