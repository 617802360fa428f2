using System.Text.Json;
using ZImage.Tests.Demo;
using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>A prompt with what its picture must show. A null colour or background may be anything.</summary>
public sealed record Question(string Prompt, string Subject, string? Colour, string? Background, bool HeldOut, int Seed);

/// <summary>Draws for prompts and asks the judge what the pictures show.</summary>
public sealed class Evaluation(
    DemoJudge judge, Weights transformer, Weights text, Vocabulary vocabulary, Func<Tensor, Tensor> decode)
{
    private const int Batch = 8;
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>The fixed list of the tests: 40 prompts that say everything, 18 of them held out, and 5 that leave something open.</summary>
    public static List<Question> FixedQuestions()
    {
        var random = new Random(6);
        var combinations = Prompts.Combinations().ToList();
        var questions = new List<Question>();
        for (var s = 0; s < Drawings.Subjects.Length; s++)
        {
            var held = combinations.Where(c => c.HeldOut && c.Scene.Subject == Drawings.Subjects[s]).ToList();
            var seen = combinations.Where(c => !c.HeldOut && c.Scene.Subject == Drawings.Subjects[s]).ToList();
            foreach (var (scene, heldOut) in Take(held, s % 2 == 0 ? 2 : 1).Concat(Take(seen, s % 2 == 0 ? 1 : 2)))
            {
                questions.Add(Ask(scene, heldOut, questions.Count + 1));
            }
        }

        questions.Add(Ask(new Scene("cat", "red", "blue"), false, 42));
        questions.Add(Ask(new Scene("tree", "green", "white"), false, 43));
        questions.Add(Ask(new Scene("fish", "orange", "blue"), false, 44));
        questions.Add(Ask(new Scene("star", "yellow", "black"), false, 45));
        questions.Add(Ask(new Scene("cat", null, null), false, 46));
        questions.Add(Ask(new Scene("tree", null, null), false, 47));
        questions.Add(Ask(new Scene("boat", null, null), false, 48));
        questions.Add(Ask(new Scene("house", "yellow", null), false, 49));
        questions.Add(Ask(new Scene("star", null, "black"), false, 50));
        return questions;

        List<(Scene, bool)> Take(List<(Scene, bool)> from, int count)
        {
            var all = from.ToArray();
            random.Shuffle(all);
            return [.. all.Take(count)];
        }
    }

    /// <summary>Every held-out combination once.</summary>
    public static List<Question> HeldOutQuestions() =>
        [.. Prompts.Combinations().Where(c => c.HeldOut).Select((c, i) => Ask(c.Scene, true, 1000 + i))];

    /// <summary>One in four of the combinations seen in training.</summary>
    public static List<Question> SeenQuestions() =>
        [.. Prompts.Combinations().Where(c => !c.HeldOut).Where((_, i) => i % 4 == 1).Select((c, i) => Ask(c.Scene, false, 2000 + i))];

    /// <summary>"a cat" and the like, each three times.</summary>
    public static List<Question> OpenQuestions() =>
        [.. Drawings.Subjects.SelectMany(s => Enumerable.Repeat(s, 3)).Select((s, i) => Ask(new Scene(s, null, null), false, 3000 + i))];

    /// <summary>Writes questions as JSON.</summary>
    public static void Write(string path, List<Question> questions) =>
        File.WriteAllText(path, JsonSerializer.Serialize(questions, _json) + "\n");

    /// <summary>The pictures for some questions.</summary>
    public List<byte[]> Draw(IReadOnlyList<Question> questions, int steps)
    {
        var pictures = new List<byte[]>();
        foreach (var batch in questions.Chunk(Batch))
        {
            using var noGradients = no_grad();
            using var scope = NewDisposeScope();
            var noise = cat([.. batch.Select(q => Sampling.Noise(q.Seed))], 0);
            var final = Sampling.Run(transformer, text, vocabulary, [.. batch.Select(q => q.Prompt)], noise, steps);
            pictures.AddRange(Latents.Bytes(decode(final)));
        }

        return pictures;
    }

    /// <summary>Draws and judges; prints how many are right, and which are not.</summary>
    public List<byte[]> Judge(string title, IReadOnlyList<Question> questions, int steps)
    {
        var pictures = Draw(questions, steps);
        var (subjects, colours, backgrounds, all) = (0, 0, 0, 0);
        var wrong = new List<string>();
        for (var i = 0; i < questions.Count; i++)
        {
            var (asked, seen) = (questions[i], judge.Judge(pictures[i]));
            var subject = seen.Subject == asked.Subject;
            var colour = asked.Colour is null || seen.Colour == asked.Colour;
            var background = asked.Background is null || seen.Background == asked.Background;
            subjects += subject ? 1 : 0;
            colours += colour ? 1 : 0;
            backgrounds += background ? 1 : 0;
            all += subject && colour && background ? 1 : 0;
            if (!(subject && colour && background))
            {
                wrong.Add($"{asked.Prompt} (seed {asked.Seed}): {seen.Colour} {seen.Subject} on {seen.Background}");
            }
        }

        double n = questions.Count;
        Console.WriteLine($"{title}, {steps} steps, n = {n}: subject {subjects / n:p1}, colour {colours / n:p1}, "
            + $"background {backgrounds / n:p1}, all three {all / n:p1}");
        foreach (var line in wrong)
        {
            Console.WriteLine("  " + line);
        }

        return pictures;
    }

    private static Question Ask(Scene scene, bool heldOut, int seed) =>
        new(Prompts.Plain(scene), scene.Subject, scene.Colour, scene.Background, heldOut, seed);
}
