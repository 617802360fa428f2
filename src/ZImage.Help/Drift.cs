namespace ZImage.Help;

/// <summary>Where a page and its cmdlet do not say the same.</summary>
internal static class Drift
{
    private const int FewestExamples = 2;

    /// <summary>A sentence for each difference; none when all is well.</summary>
    /// <param name="pages">Names of all cmdlets and about topics, which links may lead to.</param>
    public static IEnumerable<string> Between(CompiledCmdlet cmdlet, HelpPage page, IReadOnlySet<string> pages)
    {
        string file = $"{page.Name}.md";
        string[] parameters = [.. cmdlet.Parameters.Select(parameter => parameter.Name).Except(CompiledCmdlet.AskingTexts.Keys).Distinct()];
        string[] described = [.. page.Parameters.Select(parameter => parameter.Title)];
        foreach (string name in parameters.Except(described))
            yield return $"{file}: the parameter -{name} is not described.";
        foreach (string name in described.Except(parameters))
            yield return $"{file}: the cmdlet has no parameter -{name}.";
        foreach (string name in described.GroupBy(name => name).Where(same => same.Count() > 1).Select(same => same.Key))
            yield return $"{file}: the parameter -{name} is described twice.";
        foreach (HelpEntry entry in page.Parameters.Concat(page.Inputs).Concat(page.Outputs).Where(entry => entry.Text.Count == 0))
            yield return $"{file}: nothing is said of {entry.Title}.";
        if (page.Synopsis.Length == 0 || page.Description.Count == 0)
            yield return $"{file}: the synopsis or the description is missing.";
        if (page.Examples.Count < FewestExamples)
            yield return $"{file}: there are fewer than {FewestExamples} examples.";

        string[] given = [.. page.Outputs.Select(output => output.Title)];
        string[] made = cmdlet.OutputTypes.Count == 0 ? ["None"] : [.. cmdlet.OutputTypes];
        if (!given.Order().SequenceEqual(made.Order()))
            yield return $"{file}: the outputs are {string.Join(", ", made)}, and not {string.Join(", ", given)}.";
        bool piped = cmdlet.Parameters.Any(parameter => parameter.Attribute.ValueFromPipeline || parameter.Attribute.ValueFromPipelineByPropertyName);
        if (page.Inputs.Count == 0 || piped == (page.Inputs[0].Title == "None"))
            yield return $"{file}: the inputs are {(piped ? "those of the parameters that take them" : "None")}.";
        if (page.Links.Count == 0)
            yield return $"{file}: there are no links.";
        foreach (string link in page.Links.Where(link => !pages.Contains(link)))
            yield return $"{file}: there is no page {link} to link to.";
    }
}
