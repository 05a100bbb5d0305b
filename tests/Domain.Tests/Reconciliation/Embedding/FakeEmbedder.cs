using System.Text;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.Embedding;

/// <summary>A model whose vector of a text is a number of its own and the text's length, one unit long. Any thread.</summary>
internal sealed class FakeEmbedder(string model = "m1", float mark = 1) : IEmbedder
{
    private readonly Lock _gate = new();
    private readonly List<string> _texts = [];

    public string Model => model;

    public int MaxTexts => 3;

    /// <summary>The next calls fail with it while it is set.</summary>
    public CairnException? Failure { get; set; }

    /// <summary>Texts that are refused.</summary>
    public Func<string, bool> Refuses { get; set; } = static _ => false;

    /// <summary>Calls wait for it.</summary>
    public TaskCompletionSource Gate { get; set; } = Done();

    /// <summary>All texts that were asked for.</summary>
    public string[] Texts
    {
        get
        {
            lock (_gate)
            {
                return [.. _texts];
            }
        }
    }

    public static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    public async ValueTask<IReadOnlyList<float[]?>> EmbedAsync(IReadOnlyList<ReadOnlyMemory<byte>> texts, CancellationToken cancellationToken)
    {
        Assert.InRange(texts.Count, 1, MaxTexts);
        var read = texts.Select(static text => Encoding.UTF8.GetString(text.Span)).ToArray();
        lock (_gate)
        {
            _texts.AddRange(read);
        }

        await Gate.Task.WaitAsync(cancellationToken);
        if (Failure is { } failure)
        {
            throw failure;
        }

        return Array.TrueForAll(read, text => Refuses(text)) ? throw CairnException.Invalid("texts", "refused") : [.. read.Select(text => Refuses(text) ? null : new[] { mark, 0 })];
    }
}
