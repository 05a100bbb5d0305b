using System.Text;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Domain.Tests.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Query.Search;
using Cairn.Reconciliation;
using Cairn.Snapshots;
using Cairn.Text;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>A space with texts that random commits change, its states from checkpoints beside it, and what a search of a snapshot has to find.</summary>
internal sealed class SearchedSpace(Random random)
{
    private const int Vocabulary = 60;
    private static readonly Incarnation Life = new(5);
    private readonly ReplayHarness _replay = new(Life, isStored: true);
    private readonly StoredStates _stored = new(Life, 42);
    private readonly List<(SpaceState State, CommitApplier Applier)> _opened = [];
    private int _applied;
    private long _offset;

    /// <summary>The instant of the searches.</summary>
    public Timestamp Now => _replay.Now;

    /// <summary>The live state, and those that were opened from a checkpoint and replayed since; all hold the same.</summary>
    public IEnumerable<Snapshot> Publish()
    {
        foreach (var frame in _replay.Frames[_applied..])
        {
            _offset += frame.Length;
            _opened.ForEach(copy => copy.Applier.Apply(FrameView.Parse(frame), LogPosition.Of(0, _offset)));
        }

        _applied = _replay.Frames.Count;
        return [_replay.Publish(), .. _opened.Select(static copy => copy.State.Publish())];
    }

    /// <summary>Stores the state and opens it again.</summary>
    public void Reopen()
    {
        Publish();
        _stored.Store(_replay.State, _replay.Applier, _replay.Frames.Count, _offset);
        _opened.Add(_stored.Open());
    }

    public void Change(int ids)
    {
        var id = $"w{random.Next(random.Next(ids) + 1)} x";
        switch (random.Next(24))
        {
            case 0:
                _replay.Purge(id);
                break;
            case 1:
                _replay.Now = _replay.Now.Plus(TimeSpan.FromSeconds(random.Next(20)));
                break;
            case 2:
                _replay.System(FrameKind.Configuration, SettingsCodec.Write(Changed(_replay.State.Settings)));
                break;
            case 3 or 4:
                _replay.State.Concepts.Compact(100);
                break;
            default:
                _replay.Commit(writer => Write(writer, id));
                break;
        }
    }

    /// <summary>One that may be near some of the space's.</summary>
    public float[] Vector() => [.. Enumerable.Range(0, random.Next(6) == 0 ? 3 : 2).Select(_ => (random.Next(-40, 41) / 8f) + 0.01f)];

    public string Query()
    {
        var words = Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(6) switch
        {
            0 => $"\"{RandomTexts.Words(random, 2, 8)}\"",
            1 => "x",
            _ => $"w{random.Next(Vocabulary)}",
        });
        return string.Join(' ', words);
    }

    /// <summary>Searches a snapshot by its view, and by its texts alone.</summary>
    public static void RequireSame(Snapshot snapshot, TextView view, string text, Timestamp now, int limit)
    {
        var naive = Naive(snapshot);
        Assert.Equal((naive.Rows.Count, snapshot.Settings.Language), (view.LiveCount, view.Language));
        if (view.LiveCount > 0)
        {
            var (query, visible) = (TextQuery.Parse(Encoding.UTF8.GetBytes(text), view.Language), new Visible(new(snapshot, now, null)));
            var found = new TextSearch<Visible>(view, query, Bm25.Default, snapshot.Ids, visible, limit).Run(CancellationToken.None);
            RankingAssert.Same([.. naive.Search(query, Bm25.Default, snapshot.Ids).Where(hit => visible.Accepts(hit.Row))], found, limit);
        }
    }

    // What has expired counts like what has not.
    private static NaiveSearch Naive(Snapshot snapshot)
    {
        var naive = new NaiveSearch(snapshot.Settings.Language);
        for (var row = 0; row < snapshot.ConceptRows; row++)
        {
            if (snapshot.Concept(row).IsAlive)
            {
                naive.Put(row, [.. Texts(snapshot.Concept(row), snapshot.Settings.TextAttributes)]);
            }
        }

        return naive;
    }

    private static List<string> Texts(ConceptView concept, TextAttributes? attributes)
    {
        var texts = new List<string> { Encoding.UTF8.GetString(concept.Id) };
        if (concept.ContentKind == ContentKind.Text)
        {
            texts.Add(Encoding.UTF8.GetString(concept.Content));
        }

        foreach (var attribute in concept.Attributes)
        {
            if (attributes is null || $"{attributes}".Trim('[', ']').Split(", ").Contains(Encoding.UTF8.GetString(attribute.Name)))
            {
                AddTexts(texts, attribute.Value);
            }
        }

        return texts;
    }

    private static void AddTexts(List<string> texts, in ValueView value)
    {
        if (value.Kind == ValueKind.String)
        {
            texts.Add(Encoding.UTF8.GetString(value.Bytes));
        }
        else if (value.Kind == ValueKind.Array)
        {
            for (var items = value.Items(); items.TryRead(out var item);)
            {
                if (item.Kind == ValueKind.String)
                {
                    texts.Add(Encoding.UTF8.GetString(item.Bytes));
                }
            }
        }
    }

    private SpaceSettings Changed(SpaceSettings settings) => random.Next(4) switch
    {
        0 => settings with { Language = (TextLanguage)random.Next(2) },
        1 => settings with { VectorMetric = (VectorMetric)random.Next(3) },
        2 => settings with { TextAttributes = random.Next(3) == 0 ? null : TextAttributes.Of(SomeAttributes()) },
        _ => settings with { VectorDimensions = random.Next(3) switch { 0 => 3, 1 => 2, _ => null } },
    };

    private IEnumerable<string> SomeAttributes() => new[] { "role", "many", "observations", "rare7", "nowhere" }.Where(_ => random.Next(2) == 0);

    private void Write(CommitWriter writer, string id)
    {
        var (bytes, text) = (Encoding.UTF8.GetBytes(id), RandomTexts.Words(random, random.Next(20), Vocabulary));
        switch (random.Next(9))
        {
            case 0:
                writer.Delete(bytes, OnMissing.Skip);
                return;
            case 1:
                writer.Reinforce(bytes, 0.5f, OnMissing.Skip);
                return;
            case 2:
                writer.Associate(new Association { Key = new(id, "knows", $"w{random.Next(40)} x") }, OnExists.Replace, MissingEndpoints.Imply);
                return;
            case 3 or 4:
                writer.BeginPatch(bytes, OnMissing.Create);
                WriteItems(writer, text);
                break;
            case 5:
                writer.BeginPatch(bytes, OnMissing.Skip);
                writer.RemoveMembers(random.Next(3) switch { 0 => Members.Content, 1 => Members.Vector, _ => Members.Attributes });
                break;
            case 6 when random.Next(2) == 0:
                writer.BeginPatch(bytes, OnMissing.Create);
                writer.Vector(Vector());
                break;
            case 6:
                writer.BeginPatch(bytes, OnMissing.Create);
                if (random.Next(2) == 0)
                {
                    writer.ContentBytes(Encoding.UTF8.GetBytes(text));
                }
                else
                {
                    writer.Content(Encoding.UTF8.GetBytes(text));
                }

                break;
            default:
                writer.Put(Concept(id, text), OnExists.Replace);
                return;
        }

        writer.EndOperation();
        if (random.Next(10) == 0)
        {
            // Refused: nothing of it may be found.
            writer.Put(new Concept { Id = id }, OnExists.Fail);
        }
    }

    private void WriteItems(CommitWriter writer, string text)
    {
        if (random.Next(3) > 0)
        {
            writer.BeginAddItems();
        }
        else
        {
            writer.BeginRemoveItems();
        }

        writer.Attribute("observations"u8);
        writer.BeginArray();
        writer.String(Encoding.UTF8.GetBytes(text));
        writer.EndArray();
        writer.EndAttributes();
    }

    private Concept Concept(string id, string text) => new()
    {
        Id = id,
        Content = random.Next(3) == 0 ? null : text,
        Vector = random.Next(2) == 0 ? null : Vector(),
        ExpiresAt = random.Next(5) == 0 ? Now.Plus(TimeSpan.FromSeconds(random.Next(1, 30))) : null,
        Attributes = new Dictionary<string, Value>
        {
            ["role"] = RandomTexts.Words(random, random.Next(3), Vocabulary),
            ["many"] = random.Next(3) == 0 ? new Value[] { 7L, RandomTexts.Words(random, 3, Vocabulary), new Value[] { "w1" } } : random.Next(9),
            [$"rare{random.Next(30)}"] = RandomTexts.Words(random, 2, Vocabulary),
        },
    };

    internal readonly struct Visible(Visibility visibility) : IRowFilter
    {
        public bool Accepts(int row) => visibility.ShowsConcept(row);
    }
}
