using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats;

public sealed class CommitWriterLimitTests
{
    public static TheoryData<string, string, Action<CommitWriter>> BadFields => new()
    {
        { "labels: too many", "labels", w => Labels(w, Enumerable.Range(0, 17).Select(i => $"l{i}")) },
        { "labels: empty", "labels", w => Labels(w, [""]) },
        { "labels: long", "labels", w => Labels(w, [new('x', 129)]) },
        { "content: long", "content", w => w.Content(new byte[Limits.ContentBytes + 1].Select(_ => (byte)'a').ToArray()) },
        { "content: UTF-8", "content", w => w.Content([0xED, 0xA0, 0x80]) },
        { "content: twice", "content", w => { w.Content("a"u8); w.ContentBytes("b"u8); } },
        { "mediaType: long", "mediaType", w => w.MediaType(new byte[129]) },
        { "vector: long", "vector", w => w.Vector(new float[4097]) },
        { "vector: NaN", "vector", w => w.Vector([1, float.NaN]) },
        { "vector: infinite", "vector", w => w.Vector([float.NegativeInfinity]) },
        { "strength: above", "strength", w => w.Strength(1.0001f) },
        { "strength: NaN", "strength", w => w.Strength(float.NaN) },
        { "confidence: below", "confidence", w => w.Confidence(-0.0001f) },
        { "validFrom: year", "validFrom", w => w.ValidFrom(new Timestamp(long.MaxValue)) },
        { "expiresAt: sentinel", "expiresAt", w => w.ExpiresAt(new Timestamp(long.MinValue)) },
        { "strength: twice", "strength", w => { w.Strength(1); w.Strength(1); } },
        { "attributes: too many", "attributes", w => Attributes(w, Enumerable.Range(0, 257).Select(i => $"a{i}"), () => w.Null()) },
        { "attributes: twice", "attributes", w => Attributes(w, ["a", "b", "a"], () => w.Null()) },
        { "attributes: empty name", "attributes", w => Attributes(w, [""], () => w.Null()) },
        { "attributes: NaN", "attributes", w => Attributes(w, ["a"], () => w.Float64(double.NaN)) },
        { "attributes: long string", "attributes", w => Attributes(w, ["a"], () => w.String(Bytes(Limits.AttributeBytes + 1))) },
        { "attributes: UTF-8", "attributes", w => Attributes(w, ["a"], () => w.String([0xFF])) },
        { "attributes: long bytes", "attributes", w => Attributes(w, ["a"], () => w.Bytes(new byte[Limits.AttributeBytes + 1])) },
        { "attributes: items", "attributes", w => Attributes(w, ["a"], () => Array(w, 1025)) },
        { "attributes: nesting", "attributes", w => Attributes(w, ["a"], () => Nest(w, 9)) },
        { "attributes: member twice", "attributes", w => Attributes(w, ["a"], () => Object(w, "x", "y", "x")) },
        { "attributes: datetime", "attributes", w => Attributes(w, ["a"], () => w.DateTime(new(long.MaxValue))) },
    };

    public static TheoryData<string> BadIds =>
        new("", ".", "..", "a\u0000b", "tab\t", "\u007f", "\u0085", "\u009f", new string('x', 513), "(a lone surrogate)");

    public static TheoryData<string> GoodIds => new("a", "...", "a b", "ü", "\u00a0", "日本語", "a/b?c#d", new string('x', 512), "👩‍🔬");

    [Theory]
    [MemberData(nameof(BadFields))]
    public void Field_WhenBad_IsInvalidAndNamesItsMember(string name, string field, Action<CommitWriter> write)
    {
        Assert.NotEmpty(name);
        var writer = Commits.Begin();
        Commits.PutAda(writer, "ada"u8);
        writer.BeginPut("x"u8, OnExists.Replace);

        var failure = Assert.Throws<CairnException>(() => write(writer));

        Assert.Equal(ErrorKind.Invalid, failure.Kind);
        Assert.Equal(field, failure.Field);
        writer.AbandonOperation();
        Assert.Equal(Commits.Ada().Body, writer.Finish().Body);
    }

    [Theory]
    [MemberData(nameof(BadIds))]
    public void Id_WhenBad_IsInvalid(string id)
    {
        var writer = Commits.Begin();
        var bytes = Loose(id);

        Assert.Equal("id", Assert.Throws<CairnException>(() => writer.Delete(bytes, OnMissing.Fail)).Field);
        Assert.Equal("id", Assert.Throws<CairnException>(() => writer.BeginPatch(bytes, OnMissing.Fail)).Field);
        Assert.Equal("id", Assert.Throws<CairnException>(() => writer.RequireConcept(bytes, Condition.Exists)).Field);
        Assert.Equal("source", Assert.Throws<CairnException>(() => writer.Dissociate(new(bytes, "t"u8, "b"u8, default), OnMissing.Fail)).Field);
        Assert.Equal("target", Assert.Throws<CairnException>(() => writer.Dissociate(new("a"u8, "t"u8, bytes, default), OnMissing.Fail)).Field);
        Assert.Equal("type", Assert.Throws<CairnException>(() => writer.Dissociate(new("a"u8, bytes, "b"u8, default), OnMissing.Fail)).Field);
        Assert.Equal(0, writer.OperationCount);
    }

    [Theory]
    [MemberData(nameof(GoodIds))]
    public void Id_WhenGood_IsKept(string id)
    {
        var writer = Commits.Begin();
        writer.Delete(Encoding.UTF8.GetBytes(id), OnMissing.Fail);

        Assert.Equal($"  Delete '{id}' Fail\n", Disassembly.OfBody(writer.Finish().Body));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("ü")]
    [InlineData("\u007f")]
    public void CommitId_WhenBad_IsInvalid(string id)
    {
        var writer = new CommitWriter(Commits.Incarnation);

        Assert.Equal("id", Assert.Throws<CairnException>(() => writer.Begin(Encoding.UTF8.GetBytes(id), true, Commits.Noon)).Field);
        Assert.Equal("id", Assert.Throws<CairnException>(() => writer.Begin(Bytes(129), true, Commits.Noon)).Field);
    }

    [Fact]
    public void Times_WhenOutsideTheCalendar_AreRefusedBeforeTheyAreWritten()
    {
        var writer = new CommitWriter(Commits.Incarnation);

        Assert.Equal("firstSent", Assert.Throws<CairnException>(() => writer.Begin("c"u8, true, new(long.MaxValue))).Field);
        var commit = Commits.Ada();
        Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(() => commit.Stamp(default, 1, new(long.MinValue), new byte[commit.LengthBytes])).Kind);
    }

    [Fact]
    public void Meta_WhenBad_IsInvalid()
    {
        var writer = new CommitWriter(Commits.Incarnation);

        Assert.Equal("meta", Assert.Throws<CairnException>(() => writer.Begin("c"u8, true, Commits.Noon, new(new('x', 1020), "y"))).Field);
        Assert.Equal("meta", Assert.Throws<CairnException>(() => writer.Begin("c"u8, true, Commits.Noon, new("\ud800", null))).Field);
    }

    [Fact]
    public void Operations_WhenOneTooMany_AreOverTheLimit()
    {
        var writer = Commits.Begin();
        for (var i = 0; i < Limits.Operations; i++)
        {
            writer.Delete("a"u8, OnMissing.Skip);
        }

        var failure = Assert.Throws<CairnException>(() => writer.Delete("a"u8, OnMissing.Skip));

        Assert.Equal(("limit", "operations", 10_000L, 10_001L), (failure.Problem, failure.Field, failure.Limit, failure.Actual));
        Assert.Equal(Limits.Operations, writer.Finish().OperationCount);
    }

    [Fact]
    public void Commit_WhenPastItsBytes_IsTooLargeAndGoesOnWithoutTheOperation()
    {
        var writer = Commits.Begin();
        var content = Bytes(Limits.ContentBytes);
        var failure = Assert.Throws<CairnException>(() =>
        {
            for (var i = 0; i < 5; i++)
            {
                writer.BeginPut("a"u8, OnExists.Replace);
                writer.Content(content);
                writer.EndOperation();
            }
        });

        Assert.Equal((ErrorKind.Invalid, "too-large", (long)Limits.CommitBytes), (failure.Kind, failure.Problem, failure.Limit));
        writer.AbandonOperation();
        var commit = writer.Finish();
        Assert.Equal(3, commit.OperationCount);
        Assert.InRange(commit.LengthBytes, 3 * Limits.ContentBytes, Limits.CommitBytes);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Commit_WhenAtItsBytes_FitsExactly(int extraBytes, bool fits)
    {
        var writer = Commits.Begin();
        for (var i = 0; i < 3; i++)
        {
            writer.BeginPut("a"u8, OnExists.Replace);
            writer.Content(Bytes(Limits.ContentBytes));
            writer.EndOperation();
        }

        writer.BeginPut("a"u8, OnExists.Replace);
        var fieldOverhead = 1 + sizeof(uint);
        writer.Content(Bytes(Limits.CommitBytes - writer.LengthBytes - fieldOverhead + extraBytes));

        if (fits)
        {
            writer.EndOperation();
            Assert.Equal(Limits.CommitBytes, writer.Finish().LengthBytes);
        }
        else
        {
            Assert.Equal("too-large", Assert.Throws<CairnException>(writer.EndOperation).Problem);
        }
    }

    [Fact]
    public void Calls_WhenOutOfOrder_AreInternalErrors()
    {
        var writer = new CommitWriter(Commits.Incarnation);
        Internal(() => writer.Delete("a"u8, OnMissing.Fail));
        Internal(() => writer.RequireConcept("a"u8, Condition.Exists));
        Internal(() => writer.Finish());
        writer.Begin("c"u8, true, Commits.Noon);
        Internal(() => writer.Strength(1));
        Internal(() => writer.Label("a"u8));
        Internal(writer.EndOperation);
        writer.BeginPatch("a"u8, OnMissing.Fail);
        Internal(() => writer.CreatedAt(Commits.Noon));
        Internal(() => writer.Finish());
        Internal(() => writer.Delete("a"u8, OnMissing.Fail));
        writer.BeginAttributes();
        Internal(writer.Null);
        Internal(writer.EndArray);
        Internal(writer.EndRemoveAttributes);
        writer.Attribute("a"u8);
        Internal(writer.EndAttributes);
        writer.BeginObject();
        Internal(writer.Null);
        Internal(writer.EndArray);
        writer.EndObject();
        writer.EndAttributes();
        writer.EndOperation();
        Assert.Equal(1, writer.OperationCount);
    }

    [Fact]
    public void Items_WhenNotAnArray_AreInvalid()
    {
        var writer = Commits.Begin();
        writer.BeginPatch("a"u8, OnMissing.Fail);
        writer.BeginAddItems();
        writer.Attribute("a"u8);

        Assert.Equal("attributes", Assert.Throws<CairnException>(() => writer.Int64(1)).Field);
        Assert.Equal("attributes", Assert.Throws<CairnException>(writer.BeginObject).Field);
    }

    [Fact]
    public void RemoveMembers_WhenAlsoSet_IsInvalidInEitherOrder()
    {
        var writer = Commits.Begin();
        foreach (var member in Enum.GetValues<Members>().Where(member => member is not (Members.None or Members.All)))
        {
            writer.BeginPatch("a"u8, OnMissing.Fail);
            Set(writer, member);
            Assert.Equal(ErrorKind.Invalid, Assert.Throws<CairnException>(() => writer.RemoveMembers(member)).Kind);
            writer.AbandonOperation();
            writer.BeginPatch("a"u8, OnMissing.Fail);
            writer.RemoveMembers(member);
            Assert.Equal(ErrorKind.Invalid, Assert.Throws<CairnException>(() => Set(writer, member)).Kind);
            writer.AbandonOperation();
            writer.BeginPatch("a"u8, OnMissing.Fail);
            writer.RemoveMembers(Members.All & ~member);
            Set(writer, member);
            writer.EndOperation();
        }
    }

    [Theory]
    [InlineData(OnMissing.Create)]
    [InlineData((OnMissing)9)]
    public void Delete_WhenItWouldCreate_IsInvalid(OnMissing onMissing) =>
        Assert.Equal("onMissing", Assert.Throws<CairnException>(() => Commits.Begin().Delete("a"u8, onMissing)).Field);

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1.1f)]
    [InlineData(float.NaN)]
    public void Reinforce_WhenAmountIsOutside_IsInvalid(float amount) =>
        Assert.Equal("amount", Assert.Throws<CairnException>(() => Commits.Begin().Reinforce("a"u8, amount, OnMissing.Fail)).Field);

    private static void Set(CommitWriter writer, Members member)
    {
        switch (member)
        {
            case Members.Labels: writer.BeginLabels(); writer.EndLabels(); break;
            case Members.Content: writer.ContentBytes(default); break;
            case Members.MediaType: writer.MediaType(default); break;
            case Members.Attributes: writer.BeginAttributes(); writer.EndAttributes(); break;
            case Members.Vector: writer.Vector(default); break;
            case Members.Strength: writer.Strength(0); break;
            case Members.Confidence: writer.Confidence(0); break;
            case Members.ValidFrom: writer.ValidFrom(null); break;
            case Members.ValidTo: writer.ValidTo(null); break;
            default: writer.ExpiresAt(null); break;
        }
    }

    private static void Internal(Action call) => Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(call).Kind);

    private static void Labels(CommitWriter writer, IEnumerable<string> labels)
    {
        writer.BeginLabels();
        foreach (var label in labels)
        {
            writer.Label(Encoding.UTF8.GetBytes(label));
        }

        writer.EndLabels();
    }

    private static void Attributes(CommitWriter writer, IEnumerable<string> names, Action value)
    {
        writer.BeginAttributes();
        foreach (var name in names)
        {
            writer.Attribute(Encoding.UTF8.GetBytes(name));
            value();
        }

        writer.EndAttributes();
    }

    private static void Array(CommitWriter writer, int items)
    {
        writer.BeginArray();
        for (var i = 0; i < items; i++)
        {
            writer.Int64(i);
        }

        writer.EndArray();
    }

    private static void Nest(CommitWriter writer, int depth)
    {
        for (var i = 0; i < depth; i++)
        {
            writer.BeginArray();
        }
    }

    private static void Object(CommitWriter writer, params string[] names)
    {
        writer.BeginObject();
        foreach (var name in names)
        {
            writer.Member(Encoding.UTF8.GetBytes(name));
            writer.Null();
        }

        writer.EndObject();
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill((byte)'a');
        return bytes;
    }

    // As a careless client would send them: a lone surrogate in three bytes.
    private static byte[] Loose(string text) => text == "(a lone surrogate)" ? [0xED, 0xA0, 0x80] : Encoding.UTF8.GetBytes(text);
}
