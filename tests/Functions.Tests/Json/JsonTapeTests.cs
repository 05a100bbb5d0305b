using System.Text;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Tests.Json;

public sealed class JsonTapeTests
{
    [Fact]
    public void Parse_WhenNested_WalksMembersAndItemsInOrder()
    {
        using var tape = new JsonTape();

        var root = tape.Parse("""{"a":[1,{"b":"x"},[]],"c":null}"""u8.ToArray());

        Assert.Equal(2, root.Count);
        Assert.True(root.TryGet("a"u8, out var list));
        var kinds = new List<JsonKind>();
        foreach (var item in list.Items)
        {
            kinds.Add(item.Kind);
        }

        Assert.Equal([JsonKind.Number, JsonKind.Object, JsonKind.Array], kinds);
        Assert.True(root.TryGet("c"u8, out var nothing) && nothing.IsNull);
        Assert.False(root.TryGet("b"u8, out _));
    }

    [Theory]
    [InlineData("\"plain\"", "plain")]
    [InlineData("\"a\\\"b\\\\c\\/d\\n\\u00e9\\ud83c\\udf0d\"", "a\"b\\c/d\né🌍")]
    public void Text_WhenEscaped_IsUndoneEachTimeAlike(string json, string expected)
    {
        using var tape = new JsonTape();
        var root = tape.Parse(Encoding.UTF8.GetBytes($"[{json},{json}]"));

        foreach (var item in root.Items)
        {
            Assert.Equal(expected, item.ToString());
            Assert.Equal(expected, item.ToString());
        }
    }

    [Theory]
    [InlineData("/a/0")]
    [InlineData("/a/1/b")]
    [InlineData("/a/1/c~1d")]
    [InlineData("/a/1/e~0f/0/0")]
    [InlineData("/g")]
    [InlineData("/")]
    public void Pointer_WhenOfANode_LeadsBackToIt(string pointer)
    {
        using var tape = new JsonTape();
        var node = tape.Parse("""{"a":[1,{"b":2,"c/d":3,"e~f":[[4]]}],"":5,"g":6}"""u8.ToArray());
        foreach (var step in pointer.Split('/').Skip(1).Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
        {
            node = Step(node, step);
        }

        Assert.Equal(pointer, node.Pointer);
    }

    [Fact]
    public void Parse_WhenUsedAgain_ForgetsTheLastText()
    {
        using var tape = new JsonTape();
        tape.Parse("""{"a":"\u0041\u0042\u0043"}"""u8.ToArray()).TryGet("a"u8, out var first);
        Assert.Equal("ABC", first.ToString());

        var second = tape.Parse("""["\u0044", 1]"""u8.ToArray());

        Assert.Equal((JsonKind.Array, 2), (second.Kind, second.Count));
        foreach (var item in second.Items)
        {
            Assert.Contains(item.ToString(), (string[])["D", "1"]);
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(1000)]
    public void Parse_WhenANameComesTwice_RefusesTheSecond(int members)
    {
        using var tape = new JsonTape();
        var names = string.Join(",", Enumerable.Range(0, members - 1).Select(i => $"\"n{i}\":{i}"));

        tape.Parse(Encoding.UTF8.GetBytes($"{{{names},\"other\":1}}"));
        var refused = Assert.Throws<ProblemException>(() => tape.Parse(Encoding.UTF8.GetBytes($"{{{names},\"\\u006e1\":1}}")));

        Assert.Equal(("invalid", "/n1"), (refused.Problem.Kind, refused.Problem.Pointer));
    }

    [Fact]
    public void Parse_WhenDeep_StopsAtItsLimit()
    {
        using var tape = new JsonTape();

        tape.Parse(Encoding.UTF8.GetBytes(new string('[', JsonTape.MaxDepth) + new string(']', JsonTape.MaxDepth)));
        var refused = Assert.Throws<ProblemException>(() => tape.Parse(Encoding.UTF8.GetBytes(new string('[', JsonTape.MaxDepth + 1))));

        Assert.Equal((ProblemKinds.Limit, JsonTape.MaxDepth), (refused.Problem.Kind, (int)refused.Problem.Limit!));
    }

    [Fact]
    public void Parse_WhenNotUtf8_NamesLineAndColumn()
    {
        using var tape = new JsonTape();

        var refused = Assert.Throws<ProblemException>(() => tape.Parse("{\n \"a\":\"x"u8.ToArray().Append((byte)0xFF).Append((byte)'"').Append((byte)'}').ToArray()));

        Assert.Equal((ProblemKinds.Syntax, 2, 8), (refused.Problem.Kind, (int)refused.Problem.Line!, (int)refused.Problem.Column!));
    }

    private static JsonNode Step(JsonNode node, string step)
    {
        if (node.Kind == JsonKind.Object)
        {
            Assert.True(node.TryGet(Encoding.UTF8.GetBytes(step), out var value));
            return value;
        }

        var items = new List<JsonNode>();
        foreach (var item in node.Items)
        {
            items.Add(item);
        }

        return items[int.Parse(step)];
    }
}
