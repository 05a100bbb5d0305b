using Cairn.Functions.Answers;
using Cairn.Functions.Problems;
using Cairn.Functions.Routing;
using Cairn.Functions.Tokens;
using Cairn.Primitives;

namespace Cairn.Functions.Tests.Routing;

/// <summary>No target, parameter or header makes its reading fail in any other way than by a 4xx.</summary>
public sealed class RoutingFuzzTests
{
    private const int Rounds = 5_000;
    private const string Alphabet = "abz019%2FfFcC3\"'.,;=&?/+*-_~ \\\0\u0001\u007Fé\ud800Wq";

    private static readonly SpaceName Space = SpaceName.Parse("demo");

    public static TheoryData<string> Readers => [.. All.Keys];

    private static readonly Dictionary<string, Action<string>> All = new()
    {
        ["target"] = text => RawTarget.TryParse(text, out _),
        ["path"] = text => PathName.Require(PercentDecoding.Decode(text, "id"), "id", 512),
        ["query"] = text => QueryParameters.Parse(text, ["a", "b*"]),
        ["token"] = text => CommitToken.Read(text, Space, default),
        ["cursor"] = text => ListCursor.Read(text, Space, default, 7),
        ["If-Match"] = text => VersionTags.Expected(text, default),
        ["If-None-Match"] = text => VersionTags.Names(text, default, default),
        ["Prefer"] = text => Preferences.Read(text),
        ["Accept"] = text => Negotiation.Choose(text, ["application/json"]),
        ["fields"] = text => FieldSelection.Parse(text, Fields.OfConcept),
    };

    [Theory]
    [MemberData(nameof(Readers))]
    public void Reader_WhenGivenAnything_SucceedsOrSaysWhatIsWrong(string reader)
    {
        var random = new Random(11);
        for (var round = 0; round < Rounds; round++)
        {
            var text = new string(random.GetItems<char>(Alphabet, random.Next(0, 60)));
            try
            {
                All[reader](text);
            }
            catch (ProblemException e)
            {
                Assert.InRange(e.Problem.Status, 400, 406);
            }
            catch (Exception e)
            {
                Assert.Fail($"{reader}, round {round}: '{text}': {e}");
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("k/1")]
    public void Token_WhenAnyCharacterIsChanged_IsRefused(string commitId)
    {
        var id = System.Text.Encoding.ASCII.GetBytes(commitId);
        var token = CommitToken.Of(Space, new(7), new(4711), id);
        var read = CommitToken.Read(token, Space, new(7));
        Assert.Equal((new LogPosition(4711), id.Length == 0 ? null : commitId), (read.Position, read.CommitId is { } found ? System.Text.Encoding.ASCII.GetString(found) : null));
        for (var i = 0; i < token.Length; i++)
        {
            var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.Equal(ProblemKinds.WrongToken, Assert.Throws<ProblemException>(() => CommitToken.Read(changed, Space, new(7))).Problem.Kind);
        }
    }

    [Fact]
    public void Cursor_WhenItsKeyIsTheLongest_FitsItsLimit() =>
        Assert.InRange(ListCursor.Write(Space, new(7), 1, new byte[512 + 128 + 512 + 128 + 8]).Length, 1, OpaqueText.MaxLength);
}
